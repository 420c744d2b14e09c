using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>The tags set at the coordinator. They lie behind the reported ones in one array, each after <see cref="Mark"/>, and no report touches them.</summary>
internal static class HostTagsStore
{
    /// <summary>Before each assigned tag. A control character, so no tag begins with it.</summary>
    public const char Mark = '\u0001';

    /// <summary>The two kinds of tags in what the column holds.</summary>
    public static (IReadOnlyList<string> Reported, IReadOnlyList<string> Assigned) Split(IEnumerable<string> stored)
    {
        var kinds = stored.ToLookup(tag => tag[0] == Mark);
        return ([.. kinds[false]], [.. kinds[true].Select(tag => tag[1..])]);
    }

    /// <returns>False when the host is gone.</returns>
    public static async Task<bool> AssignAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, HostId host, string[] tags, CancellationToken cancellation) =>
        await connection.ExecuteAsync(new CommandDefinition(
            "update hosts_host set tags = array(select tag from unnest(tags) tag where not starts_with(tag, E'\\x01')) || @tags where id = @id",
            new { id = host.Value, tags = tags.Select(tag => Mark + tag).ToArray() }, transaction, cancellationToken: cancellation)) == 1;
}
