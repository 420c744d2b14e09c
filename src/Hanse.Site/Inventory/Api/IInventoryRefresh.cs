using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Inventory.Api;

/// <summary>Asks an agent to tell its host's inventory at once and in full, whatever it holds to be unchanged.</summary>
public interface IInventoryRefresh
{
    /// <param name="host">A host of this site.</param>
    /// <param name="sections">Their names, as the site holds them; none: every section.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Null when the agent has begun; otherwise <see cref="ErrorCodes.SectionNotFound"/> or <see cref="ErrorCodes.HostOffline"/>. Nothing is kept for later: a returning agent compares by itself.</returns>
    Task<Error?> AskAsync(HostId host, IReadOnlyCollection<string> sections, CancellationToken cancellation);
}
