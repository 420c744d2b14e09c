using Dapper;
using Hanse.Protocol.Commands;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>The counts that command states are derived from (D3), and the lock under which executions change. Rows are locked
/// in the order of their key, after the command and before executions, queue and audit log: so no two transactions wait for each other.</summary>
internal static class TallyStore
{
    private static readonly string[] Columns = [.. ExecutionStates.All.Select(s => s.ToName().Replace('-', '_'))];

    private static readonly string Add = $"""
        insert into commands_tally as t (command_id, site_id, {string.Join(", ", Columns)})
        select * from unnest(@commands, @sites, {string.Join(", ", Columns.Select(c => $"@{c}"))})
        on conflict (command_id, site_id) do update set {string.Join(", ", Columns.Select(c => $"{c} = t.{c} + excluded.{c}"))}
        """;

    /// <summary>Locks a command at all its sites.</summary>
    public static Task LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid command, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "select 1 from commands_tally where command_id = @command order by site_id for update",
            new { command }, transaction, cancellationToken: cancellation));

    /// <summary>Locks these commands at one site.</summary>
    public static Task LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid[] commands, Guid site, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "select 1 from commands_tally where command_id = any(@commands) and site_id = @site order by command_id for update",
            new { commands, site }, transaction, cancellationToken: cancellation));

    /// <summary>Counts changes: one less where an execution was, one more where it is.</summary>
    public static async Task ApplyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<ExecutionChange> changes, CancellationToken cancellation)
    {
        var rows = changes.Where(c => c.Was != c.State)
            .GroupBy(c => (c.Key.Command, c.Key.Site)).OrderBy(g => g.Key.Command).ThenBy(g => g.Key.Site).ToArray();
        if (rows.Length == 0)
        {
            return;
        }

        var parameters = new DynamicParameters();
        parameters.Add("commands", rows.Select(r => r.Key.Command).ToArray());
        parameters.Add("sites", rows.Select(r => r.Key.Site).ToArray());
        foreach (var state in ExecutionStates.All)
        {
            parameters.Add(state.ToName().Replace('-', '_'), rows.Select(r => r.Count(c => c.State == state) - r.Count(c => c.Was == state)).ToArray());
        }

        await connection.ExecuteAsync(new CommandDefinition(Add, parameters, transaction, cancellationToken: cancellation));
    }
}
