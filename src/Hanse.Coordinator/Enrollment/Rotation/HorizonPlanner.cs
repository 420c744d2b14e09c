using Hanse.Coordinator.Sites.Api;
using Hanse.Trust.Renewal;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>
/// Who becomes unreachable when, if nothing is done (T4): for each node the end of the certificate that it cannot do without, and what stands in the way of
/// its renewal now. The root bounds everything: nothing under it can be renewed past its end. Pure.
/// </summary>
internal static class HorizonPlanner
{
    /// <summary>Soonest first.</summary>
    public static IReadOnlyList<HorizonEntry> Judge(HorizonFacts facts)
    {
        var entries = new List<HorizonEntry> { Root(facts), Coordinator(facts) };
        foreach (var site in facts.Sites.Where(s => s.Row.Lifecycle is SiteLifecycle.Enrolled or SiteLifecycle.Suspended))
        {
            entries.Add(Site(site, facts.Now));
            entries.AddRange(Agents(site, facts.Now));
        }

        return [.. entries.OrderBy(e => e.Until)];
    }

    /// <summary>A root that ends within one life of the certificates it signs shortens them already.</summary>
    private static HorizonEntry Root(HorizonFacts facts)
    {
        var soon = facts.Now >= facts.Root.Ends - facts.IntermediateLife;
        return new HorizonEntry("root", "root", facts.Root.Ends, 1, "everything under it",
            soon ? "it ends before the certificates that it signs should; rotate it: hanse trust rotate start" : null);
    }

    private static HorizonEntry Coordinator(HorizonFacts facts)
    {
        var overdue = new[] { facts.Issuer, facts.Server }.Any(c => RenewalHealth.IsOverdue(c.Begins, c.Ends, facts.Now));
        var until = facts.Issuer.Ends < facts.Server.Ends ? facts.Issuer.Ends : facts.Server.Ends;
        return new HorizonEntry("coordinator", "coordinator", until, 1, "renews by itself", overdue ? "it cannot renew its own certificate; its log has the reason" : null);
    }

    private static HorizonEntry Site(HorizonSite site, DateTimeOffset now)
    {
        var report = site.Told?.Report;
        var (begins, ends) = report is null
            ? (site.Row.EnrolledAt ?? site.Row.CreatedAt, site.Row.IntermediateExpiresAt ?? now)
            : (At(report.IntermediateBeginsUnixS), At(report.IntermediateExpiresUnixS));
        var trouble = !RenewalHealth.IsOverdue(begins, ends, now) ? null
            : !site.Online ? $"it was not seen since {site.Row.LastSyncAt:u}, so it cannot renew its intermediate; bring its link up"
            : report?.RenewalError is { Length: > 0 } error ? $"it cannot renew its intermediate: {error}"
            : $"it has not renewed its intermediate; ask it to: hanse trust renew --site {site.Row.Name}";
        return new HorizonEntry("site", site.Row.Name, ends, 1, site.Online ? "renews by itself" : "offline", trouble);
    }

    /// <summary>Agents that are connected renew by themselves; those that are not stop at the end of their certificates, and may return within the window.</summary>
    private static IEnumerable<HorizonEntry> Agents(HorizonSite site, DateTimeOffset now)
    {
        if (site.Told?.Report is not { } report)
        {
            yield break;
        }

        if (report.Overdue > 0)
        {
            var first = report.AgentEnds.FirstOrDefault(e => e.Online > 0)?.DayUnixS ?? now.ToUnixTimeSeconds();
            yield return new HorizonEntry("agents", site.Row.Name, At(first), (long)report.Overdue, "online",
                "they are connected and cannot renew; the log of one of them has the reason");
        }

        foreach (var day in report.AgentEnds.Where(e => e.Offline > 0))
        {
            yield return new HorizonEntry("agents", site.Row.Name, At(day.DayUnixS), (long)day.Offline, "offline", null);
        }
    }

    private static DateTimeOffset At(long unixSeconds) => DateTimeOffset.FromUnixTimeSeconds(unixSeconds);
}

/// <summary>What a horizon is computed from.</summary>
internal sealed record HorizonFacts(
    DateTimeOffset Now, HorizonLife Root, HorizonLife Issuer, HorizonLife Server, TimeSpan IntermediateLife, IReadOnlyList<HorizonSite> Sites);

/// <summary>The life of a certificate.</summary>
internal sealed record HorizonLife(DateTimeOffset Begins, DateTimeOffset Ends);

/// <summary>A site as the registry has it, and as it last told.</summary>
internal sealed record HorizonSite(SiteRow Row, SiteTrust? Told, bool Online);

/// <summary>Some nodes that become unreachable together.</summary>
/// <param name="Kind">root, coordinator, site or agents.</param>
/// <param name="Name">Of the node; for agents of their site.</param>
/// <param name="Until">When, if nothing is done. For agents the day.</param>
/// <param name="Count">How many.</param>
/// <param name="Note">How they stand.</param>
/// <param name="Trouble">Why this will not mend itself, and what to do; null where it will.</param>
internal sealed record HorizonEntry(string Kind, string Name, DateTimeOffset Until, long Count, string Note, string? Trouble);
