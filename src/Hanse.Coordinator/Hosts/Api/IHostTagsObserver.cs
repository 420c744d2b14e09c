using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Api;

/// <summary>Is told, inside the same transaction, that tags of a site's hosts were set at the coordinator: they are part of the site's
/// desired state, whose generation rises with them (D1).</summary>
public interface IHostTagsObserver
{
    Task TagsChangedAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, CancellationToken cancellation);
}
