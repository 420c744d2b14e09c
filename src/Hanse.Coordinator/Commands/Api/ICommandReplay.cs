using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands.Api;

/// <summary>Gives a site its inbox again (U6).</summary>
public interface ICommandReplay
{
    /// <summary>Everything that this site has taken and that has not ended is sent to it again: its database was restored and may not know it. What it does know
    /// it takes as it is, and what an agent has run it answers from its journal.</summary>
    Task ReplayAsync(NpgsqlConnection connection, SiteId site, CancellationToken cancellation);
}
