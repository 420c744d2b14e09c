using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Inventory.Api;

namespace Hanse.Site.Inventory;

internal sealed class InventoryRefresher(IAgentChannel agents, IInventory inventory) : IInventoryRefresh
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<Error?> AskAsync(HostId host, IReadOnlyCollection<string> sections, CancellationToken cancellation)
    {
        if (sections.Count > 0)
        {
            var held = (await inventory.ReadAsync(host, "", cancellation))?.Sections.Select(s => s.Name).ToList() ?? [];
            if (sections.FirstOrDefault(s => !held.Contains(s, StringComparer.Ordinal)) is { } unknown)
            {
                return Error(ErrorCodes.SectionNotFound, $"The host has no section {unknown}. It has: {string.Join(", ", held)}.");
            }
        }

        return await agents.RequestAsync<Empty>(host, Method.InventoryRefresh, new InventoryRefresh { Sections = { sections } }, Patience, cancellation) is null
            ? Error(ErrorCodes.HostOffline, "The host's agent is not connected to its site, or does not answer. It tells what has changed when it comes back.")
            : null;
    }

    private static Error Error(string code, string message) => new() { Code = code, Message = message };
}
