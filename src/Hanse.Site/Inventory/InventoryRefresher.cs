using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Inventory.Api;

namespace Hanse.Site.Inventory;

internal sealed class InventoryRefresher(IAgentChannel agents) : IInventoryRefresh
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<Error?> AskAsync(HostId host, IEnumerable<string> sections, CancellationToken cancellation) =>
        await agents.RequestAsync<Empty>(host, Method.InventoryRefresh, new InventoryRefresh { Sections = { sections } }, Patience, cancellation) is null
            ? new Error { Code = ErrorCodes.HostOffline, Message = "The host's agent is not connected to its site, or does not answer. It tells what has changed when it comes back." }
            : null;
}
