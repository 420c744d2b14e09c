using Hanse.Coordinator.Gateways.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Gateways;

/// <summary>A gateway as the API shows it.</summary>
internal sealed record GatewayView(
    GatewayId Id, string Name, string Status, string Link, IReadOnlyList<string> Addresses, IReadOnlyList<string>? Sites, bool Console, bool Pseudonyms,
    bool Draining, TimeSpan? DrainWindow, long RoutesNumber, long RoutesObserved, string? Version, DateTimeOffset? CertificateExpires, DateTimeOffset CreatedAt,
    DateTimeOffset? EnrolledAt, DateTimeOffset? LastReport, long Connections, GatewayErrorView? LastError)
{
    /// <summary>What it last counted; null in a list, and before the first report.</summary>
    public GatewayReportView? Report { get; init; }

    public static GatewayView Of(GatewayRow row, GatewayLinks links, IReadOnlyDictionary<Guid, string> sites) => new(
        row.GatewayId, row.Name, row.Lifecycle.ToString().ToLowerInvariant(), links.Health(row.GatewayId), row.Addresses,
        row.Sites?.Select(s => sites.GetValueOrDefault(s, new SiteId(s).ToString())).ToList(), row.Console, row.Pseudonyms, row.Draining,
        row.Draining ? TimeSpan.FromMilliseconds(row.DrainWindowMs) : null, row.RoutesNumber, row.ObservedNumber, row.SoftwareVersion,
        row.CertificateExpiresAt, row.CreatedAt, row.EnrolledAt, row.ReportedAt,
        row.Report is { } report ? (long)(GatewayReport.Parser.ParseFrom(report).Total?.Active ?? 0) : 0,
        row.LastErrorAt is { } at ? new GatewayErrorView(row.LastErrorCode ?? "", row.LastErrorMessage ?? "", at) : null);
}

/// <summary>Why its last link ended, or why it did not take its routes.</summary>
internal sealed record GatewayErrorView(string Code, string Message, DateTimeOffset At);

/// <summary>What a gateway counted since it started.</summary>
internal sealed record GatewayReportView(
    DateTimeOffset StartedAt, long Incarnation, long Number, bool Draining, GatewayCountersView Total, IReadOnlyList<GatewayCountersView> Routes,
    IReadOnlyDictionary<string, long> Refusals, IReadOnlyDictionary<string, long> Datagrams, long RefusedSnapshots, IReadOnlyList<string> Conflicts, bool StaticFile)
{
    public static GatewayReportView? Of(GatewayRow row)
    {
        if (row.Report is not { } bytes)
        {
            return null;
        }

        var report = GatewayReport.Parser.ParseFrom(bytes);
        return new(
            DateTimeOffset.FromUnixTimeMilliseconds(report.StartedUnixMs), (long)report.IncarnationNumber, (long)report.Number, report.Draining,
            GatewayCountersView.Of(report.Total ?? new RouteCount()), [.. report.Routes.Select(GatewayCountersView.Of)], Named(report.Refusals), Named(report.Datagrams),
            (long)report.RefusedSnapshots, report.Conflicts, report.StaticFile);
    }

    private static Dictionary<string, long> Named(IEnumerable<NamedCount> counts) =>
        counts.GroupBy(c => c.Name).ToDictionary(c => c.Key, c => (long)c.Last().Count, StringComparer.Ordinal);
}

/// <summary>The counters of a route, or of all; bytes from clients and to clients, mean latency of dials to the upstream, and what half, 95 and 99 of 100 were below (0 from a gateway that
/// does not tell).</summary>
internal sealed record GatewayCountersView(
    string Name, long Active, long Accepted, long BytesIn, long BytesOut, long Dials, long DialFailures, long ClientResets, long UpstreamResets, long Refused, long Queue,
    double DialMeanMs, double DialP50Ms, double DialP95Ms, double DialP99Ms)
{
    public static GatewayCountersView Of(RouteCount c) => new(
        c.Name, (long)c.Active, (long)c.Accepted, (long)c.BytesIn, (long)c.BytesOut, (long)c.Dials, (long)c.DialFailures, (long)c.ClientResets, (long)c.UpstreamResets,
        (long)c.Refused, (long)c.Queue, c.DialMeanUs / 1000.0, c.DialP50Us / 1000.0, c.DialP95Us / 1000.0, c.DialP99Us / 1000.0);
}
