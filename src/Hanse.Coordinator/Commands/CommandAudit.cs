using System.Globalization;
using System.Security.Cryptography;
using Hanse.Coordinator.Access.Api;
using Hanse.Audit;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Commands;

/// <summary>The audit entries of a command itself (A2). The script is named by its hash: its text stays with the command, and may
/// hold what should not be kept for good.</summary>
internal static class CommandAudit
{
    public static AuditEvent Issued(CommandRow command, IReadOnlyList<HostTarget> targets, ActorContext caller)
    {
        var sites = targets.Select(t => t.Site).Distinct().ToArray();
        return new("command.issue", caller.ForAudit())
        {
            Command = command.CommandId,
            Site = sites.Length == 1 ? sites[0] : null,
            Hosts = [.. targets.Select(t => t.Id)],
            Reason = command.Reason,
            Detail = Detail(command),
        };
    }

    /// <summary>A site told of a command that was not known here (U4).</summary>
    public static AuditEvent Rebuilt(CommandRow command, SiteId site, IReadOnlyCollection<HostId> hosts) =>
        new("command.rebuild", OutcomeAudit.SiteActor(site))
        {
            Command = command.CommandId,
            Site = site,
            Hosts = [.. hosts],
            Reason = command.Reason,
            Detail = new Dictionary<string, string>(Detail(command)) { ["givenBy"] = command.Actor, ["local"] = command.Local ? "true" : "false" },
        };

    private static Dictionary<string, string> Detail(CommandRow command) => new()
    {
        ["scriptSha256"] = Convert.ToHexStringLower(SHA256.HashData(command.Script)),
        ["deadline"] = command.Deadline.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
    };
}
