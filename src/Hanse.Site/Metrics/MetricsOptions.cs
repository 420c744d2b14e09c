using System.Net;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Metrics;

/// <summary>What hosts tell of what they are doing, and how long it is kept.</summary>
public sealed record MetricsOptions
{
    /// <summary>What may leave a host (privacy); none: hosts tell nothing.</summary>
    public IReadOnlyList<MetricsPart> Parts { get; init; } = [.. Enum.GetValues<MetricsPart>().Where(p => p != MetricsPart.Unspecified)];

    /// <summary>Between two samples of a host.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where gateways send from that put a source's address before a datagram (PROXY protocol); from others such a datagram is dropped.</summary>
    public IReadOnlyList<IPNetwork> Gateways { get; init; } = [];

    /// <summary>How long every sample is kept.</summary>
    public TimeSpan Kept { get; init; } = TimeSpan.FromHours(6);

    /// <summary>How long the hours are kept.</summary>
    public TimeSpan History { get; init; } = TimeSpan.FromDays(14);
}
