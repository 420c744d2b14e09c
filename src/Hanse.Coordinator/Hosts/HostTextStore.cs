using Dapper;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>Numbers the texts that many hosts share (platforms and labels), adding those never seen. Nothing is remembered between
/// batches: a number given in a transaction that is rolled back must not be used again.</summary>
internal static class HostTextStore
{
    public static async Task<IReadOnlyList<HostRow>> NumberAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<HostEntry> entries, CancellationToken cancellation)
    {
        var platforms = await PlatformsAsync(connection, transaction, [.. entries.Select(e => (e.Os, e.OsFamily)).Distinct()], cancellation);
        var labels = await LabelsAsync(
            connection, transaction, [.. entries.SelectMany(e => new[] { e.AgentVersion, e.Kernel }).Distinct(StringComparer.Ordinal)], cancellation);
        return [.. entries.Select(e => new HostRow(e, platforms[(e.Os, e.OsFamily)], labels[e.AgentVersion], labels[e.Kernel]))];
    }

    private static async Task<Dictionary<(string Os, string Family), int>> PlatformsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, (string Os, string Family)[] wanted, CancellationToken cancellation)
    {
        Array.Sort(wanted, (a, b) => string.CompareOrdinal(a.Os + "\n" + a.Family, b.Os + "\n" + b.Family));
        var parameters = new { os = wanted.Select(w => w.Os).ToArray(), family = wanted.Select(w => w.Family).ToArray() };
        async Task<Dictionary<(string, string), int>> Find() =>
            (await connection.QueryAsync<(int Id, string Os, string Family)>(new CommandDefinition(
                "select id, os, family from hosts_platform join unnest(@os, @family) w(os, family) using (os, family)",
                parameters, transaction, cancellationToken: cancellation)))
            .ToDictionary(row => (row.Os, row.Family), row => row.Id);

        var found = await Find();
        if (found.Count == wanted.Length)
        {
            return found;
        }

        await connection.ExecuteAsync(new CommandDefinition(
            "insert into hosts_platform (os, family) select os, family from unnest(@os, @family) w(os, family) on conflict do nothing",
            parameters, transaction, cancellationToken: cancellation));
        return await Find();
    }

    private static async Task<Dictionary<string, int>> LabelsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string[] wanted, CancellationToken cancellation)
    {
        // One order for all: two replicas that add the same labels wait for each other instead of deadlocking.
        Array.Sort(wanted, StringComparer.Ordinal);
        async Task<Dictionary<string, int>> Find() =>
            (await connection.QueryAsync<(int Id, string Label)>(new CommandDefinition(
                "select id, label from hosts_label where label = any(@wanted)", new { wanted }, transaction, cancellationToken: cancellation)))
            .ToDictionary(row => row.Label, row => row.Id, StringComparer.Ordinal);

        var found = await Find();
        if (found.Count == wanted.Length)
        {
            return found;
        }

        await connection.ExecuteAsync(new CommandDefinition(
            "insert into hosts_label (label) select label from unnest(@missing) m(label) on conflict do nothing",
            new { missing = wanted.Where(w => !found.ContainsKey(w)).ToArray() }, transaction, cancellationToken: cancellation));
        return await Find();
    }
}
