using System.Diagnostics.Metrics;
using Hanse.Link;
using Hanse.Site.Agents;
using Hanse.Site.Metrics;
using Hanse.Site.Uplink.Api;

namespace Hanse.Site;

/// <summary>What a site tells a collector of itself, by the meter <c>Hanse.Site</c>. Nothing is computed unless a collector asks.</summary>
internal sealed class SiteMetrics : IDisposable
{
    private readonly Meter _meter = new("Hanse.Site", SiteModule.Version);

    public SiteMetrics(AgentLinks agents, IUplinkStatus uplink, DatagramCounts datagrams)
    {
        _meter.CreateObservableGauge("hanse.site.agents.online", () => agents.Count, "{agent}", "Agents whose link is up");
        _meter.CreateObservableGauge("hanse.site.uplink.online", () => uplink.Link is { Health: not LinkHealth.Offline } ? 1 : 0, "{link}", "1 while the link to the coordinator is up");
        _meter.CreateObservableCounter(
            "hanse.site.datagrams", () => Enum.GetValues<DatagramFate>().Select(f => new Measurement<long>(datagrams[f], new KeyValuePair<string, object?>("fate", Words[f]))),
            "{datagram}", "Datagrams that came, by what became of them");
    }

    private static Dictionary<DatagramFate, string> Words { get; } = new()
    {
        [DatagramFate.Taken] = "taken", [DatagramFate.Malformed] = "malformed", [DatagramFate.UnknownKey] = "unknown-key",
        [DatagramFate.Forged] = "forged", [DatagramFate.Replayed] = "replayed",
    };

    public void Dispose() => _meter.Dispose();
}
