using Hanse.Coordinator.Enrollment.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>Takes in a site's report after checking what an operator will read, and what the planner will compute with. A site speaks for itself alone: its
/// word can hold up a rotation, which an operator then sees and may skip, and nothing else.</summary>
internal sealed class SiteTrustIntake(SiteTrustStore store) : ISiteTrust
{
    private const int KeyBytes = 32;
    private const int MaxRoots = 8;
    private const int MaxHosts = 100;
    private const int MaxDays = 4_000;
    private const int MaxText = 1_000;

    /// <summary>The last second of the year 9999.</summary>
    private const long LastInstant = 253_402_300_799;

    public Task ReportAsync(SiteId site, TrustReport report, CancellationToken cancellation) =>
        IsSound(report) ? store.PutAsync(site, report, cancellation) : throw new FormatException("The trust report holds a value that is out of bounds.");

    private static bool IsSound(TrustReport report) =>
        report.Roots.Count <= MaxRoots && report.Roots.All(r => r.Length == KeyBytes) && report.IssuingRoot.Length is 0 or KeyBytes
        && report.LackingHosts.Count <= MaxHosts && report.DependingHosts.Count <= MaxHosts
        && report.LackingHosts.Concat(report.DependingHosts).All(h => h.HostId.Length == 16 && IsInstant(h.LastSeenUnixS) && IsText(h.Hostname))
        && report.AgentEnds.Count <= MaxDays && report.AgentEnds.All(e => IsInstant(e.DayUnixS) && e.Online <= long.MaxValue && e.Offline <= long.MaxValue)
        && IsInstant(report.IntermediateBeginsUnixS) && IsInstant(report.IntermediateExpiresUnixS)
        && report.SiteKeyId.Length <= KeyBytes && IsText(report.RenewalError)
        && new[] { report.Agents, report.Lacking, report.Depending, report.Overdue }.All(n => n <= long.MaxValue);

    private static bool IsInstant(long unixSeconds) => unixSeconds is >= 0 and <= LastInstant;

    private static bool IsText(string text) => text.Length <= MaxText && !text.Any(char.IsControl);
}
