using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>The tags of a host as the table holds them: one text, each tag between two separators, first the reported ones, then those set at the
/// coordinator, each of these after <see cref="Mark"/>, which no report touches.</summary>
internal static class HostTagsStore
{
    /// <summary>Before each assigned tag. A control character, so no tag begins with it.</summary>
    public const char Mark = '\u0001';

    /// <summary>Between tags, before the first and after the last. A control character, so no tag holds it.</summary>
    public const char Separator = '\u001f';

    /// <summary>The tags as an array, written as the index has it.</summary>
    public const string ArraySql = """string_to_array(btrim(tags, E'\x1f'), E'\x1f')""";

    /// <summary>True of a row with tags that were set at the coordinator.</summary>
    public const string AnyAssignedSql = """strpos(tags, E'\x1f\x01') > 0""";

    /// <summary>The text for these tags; empty for none.</summary>
    public static string Join(IEnumerable<string> reported, IEnumerable<string> assigned) =>
        string.Join(Separator, ["", .. reported, .. assigned.Select(tag => Mark + tag), ""]) is { Length: > 1 } text ? text : "";

    /// <summary>The two kinds of tags in what the column holds.</summary>
    public static (IReadOnlyList<string> Reported, IReadOnlyList<string> Assigned) Split(string stored)
    {
        var kinds = stored.Split(Separator, StringSplitOptions.RemoveEmptyEntries).ToLookup(tag => tag[0] == Mark);
        return ([.. kinds[false]], [.. kinds[true].Select(tag => tag[1..])]);
    }

    /// <returns>False when the host is gone.</returns>
    public static async Task<bool> AssignAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, HostId host, string[] tags, CancellationToken cancellation)
    {
        var stored = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select tags from hosts_host where id = @id for update", new { id = host.Value }, transaction, cancellationToken: cancellation));
        return stored is not null && await connection.ExecuteAsync(new CommandDefinition(
            "update hosts_host set tags = @tags where id = @id", new { id = host.Value, tags = Join(Split(stored).Reported, tags) }, transaction,
            cancellationToken: cancellation)) == 1;
    }
}
