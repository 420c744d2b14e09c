using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Metrics.Api;

/// <summary>What hosts are doing: by datagram or over their links, with a short history.</summary>
public interface IMetrics
{
    /// <summary>A fresh key for the host's datagrams, and what it may tell (G2). The one before ends; durable before it is given.</summary>
    Task<MetricsKey> GiveKeyAsync(HostId host, CancellationToken cancellation);

    /// <summary>A sample that came over the link, or none; the answer says which datagrams have come.</summary>
    MetricsReceipt Receive(HostId host, MetricsReport report);

    /// <summary>What is known of a host in a stretch of time; null if nothing is.</summary>
    /// <exception cref="FormatException">The question is malformed.</exception>
    Task<HostMetrics?> ReadAsync(HostMetricsQuery query, CancellationToken cancellation);
}
