using Google.Protobuf;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>Who is ready for the next step of a rotation (T4), from what sites told last. Pure.
/// Before the switch a site is ready when it and each of its agents confirmed to trust the new root; before the end, when its certificates and those of
/// its agents all come from the new root. A site that has told nothing of it, or is not connected and was not ready when it left, holds the rotation.</summary>
internal static class RotationPlanner
{
    public static IReadOnlyList<RotationNode> Judge(RotationRow rotation, IEnumerable<SiteRow> sites, Func<SiteRow, SiteTrust?> told, Func<SiteRow, bool> isOnline) =>
        [.. sites.Where(s => s.Lifecycle is SiteLifecycle.Enrolled or SiteLifecycle.Suspended).Select(s => Judge(rotation, s, told(s), isOnline(s)))];

    private static RotationNode Judge(RotationRow rotation, SiteRow site, SiteTrust? told, bool online)
    {
        var report = told?.Report;
        var switched = rotation.State == RotationPhase.Switched;
        var trusts = report is not null && report.Roots.Any(r => Is(r, rotation.NewRoot));
        var (waiting, hosts) = (report, trusts, switched) switch
        {
            (null, _, _) or (_, false, _) => (0UL, []),
            (_, _, true) => (report.Depending, report.DependingHosts),
            _ => (report.Lacking, report.LackingHosts),
        };
        // What it tells of its agents is told against the root that it holds to be the first.
        var issues = report is { Roots.Count: > 0 } && Is(report.IssuingRoot, rotation.NewRoot) && Is(report.Roots[0], rotation.NewRoot);
        var ready = trusts && waiting == 0 && (!switched || issues);
        var state = ready ? RotationState.Ready : online ? RotationState.Waiting : RotationState.NotSeen;
        return new RotationNode(
            site.SiteId, site.Name, state, online, Why(trusts, issues, switched, waiting, online), report?.Agents ?? (ulong)site.HostCount, waiting,
            [.. hosts.Select(h => new RotationHost(HostId.FromBytes(h.HostId.Span), h.Hostname, h.Online, At(h.LastSeenUnixS)))], told?.At);
    }

    private static string Why(bool trusts, bool issues, bool switched, ulong waiting, bool online)
    {
        var agents = waiting == 1 ? "1 agent" : $"{waiting} agents";
        var why = !trusts ? "has not confirmed the new root"
            : switched && !issues ? "still issues under the old root"
            : waiting > 0 ? switched ? $"{agents} with a certificate of the old root" : $"{agents} without the new root"
            : "";
        return why.Length > 0 && !online ? $"offline; {why}" : why;
    }

    private static bool Is(ByteString key, byte[] root) => key.Span.SequenceEqual(root);

    private static DateTimeOffset At(long unixSeconds) => DateTimeOffset.FromUnixTimeSeconds(unixSeconds);
}

/// <summary>Whether a site holds the rotation.</summary>
internal enum RotationState
{
    Ready,

    /// <summary>Connected, and not there yet.</summary>
    Waiting,

    /// <summary>Not connected, and was not ready when it last was.</summary>
    NotSeen,
}

/// <summary>One site of a rotation: itself and its agents.</summary>
/// <param name="Site">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">Whether it holds the rotation.</param>
/// <param name="Online">Whether its link is up.</param>
/// <param name="Why">What it waits for, for people; empty when ready.</param>
/// <param name="Agents">How many it looks after.</param>
/// <param name="Waiting">Agents that are not ready.</param>
/// <param name="Hosts">The first of these.</param>
/// <param name="ReportedAt">When it last told; null if never.</param>
internal sealed record RotationNode(
    SiteId Site, string Name, RotationState State, bool Online, string Why, ulong Agents, ulong Waiting, IReadOnlyList<RotationHost> Hosts,
    DateTimeOffset? ReportedAt);

/// <summary>An agent that is not ready.</summary>
internal sealed record RotationHost(HostId Id, string Hostname, bool Online, DateTimeOffset LastSeen);
