using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Sites;

/// <summary>The part of a site's desired state that is about its hosts: tags set at the coordinator, and hosts that moved away.</summary>
internal sealed class SiteContents(NpgsqlDataSource database, IHostDirectory directory, IHostMoves moves)
{
    public async Task AddAsync(DesiredState state, SiteRow site, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        state.Tags.AddRange(await directory.AssignedTagsAsync(connection, site.Key, cancellation));
        state.Departed.AddRange(await moves.DepartedAsync(connection, site.Key, site.ObservedGeneration, cancellation));
    }
}
