using Hanse.Protocol.Messages;

namespace Hanse.Agent.Metrics;

/// <summary>What the host is doing at this moment, asked by one driver at a time.</summary>
public interface IMetricsFeed
{
    /// <summary>A sample of these parts and nothing else: what the site did not ask for is not even read (privacy). Rates are means since the sample before;
    /// the first has none. A part that this machine cannot tell is absent.</summary>
    MetricsSample Collect(IReadOnlySet<MetricsPart> parts);
}
