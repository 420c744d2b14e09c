using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Sites;

/// <summary>What a site's desired state takes from other slices: of its hosts, tags set at the coordinator and those that moved away; and the gateways that lead
/// to it, which its agents dial where they do not reach it directly.</summary>
internal sealed class SiteContents(NpgsqlDataSource database, IHostDirectory directory, IHostMoves moves, IGateways gateways)
{
    public async Task AddAsync(DesiredState state, SiteRow site, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        state.Tags.AddRange(await directory.AssignedTagsAsync(connection, site.Key, cancellation));
        state.Departed.AddRange(await moves.DepartedAsync(connection, site.Key, site.ObservedGeneration, cancellation));
        state.GatewayAddresses.AddRange(await gateways.AddressesToAsync(site.Id, cancellation));
    }
}
