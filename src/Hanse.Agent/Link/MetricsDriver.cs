using System.Net;
using Hanse.Agent.Metrics;
using Hanse.Link;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Link;

/// <summary>
/// Tells the site on one link what the host is doing, by datagram where those pass and over the link where they do not:
/// 1. ask for a key, which also says which parts may be told and how often; none: rest until the link ends;
/// 2. at each interval take a sample of these parts and send it where the path says;
/// 3. let the site's receipts judge the path;
/// 4. after a day ask for another key (G2).
/// A sample that does not arrive is lost; the next one is seconds away.
/// </summary>
internal sealed class MetricsDriver(IMetricsFeed feed, AgentSessionOptions options)
{
    private static readonly MetricsReport Probe = new();

    internal async Task RunAsync(NodeLink link, CancellationToken cancellation)
    {
        while (await KeyAsync(link, cancellation) is { Parts.Count: > 0 } key)
        {
            await TellAsync(link, key, cancellation);
        }
    }

    // Null from a site that knows of no metrics: it may be newer when the link comes back.
    private async Task<MetricsKey?> KeyAsync(NodeLink link, CancellationToken cancellation)
    {
        while (true)
        {
            var result = await link.RequestAsync<MetricsKey>(Method.MetricsKey, new MetricsKeyRequest(), options.AnswerTime, cancellation);
            if (result.Succeeded || result.Error.Code == ErrorCodes.UnknownMethod)
            {
                return result.Value;
            }

            options.Log.Warning("metrics-key-refused", result.Error.Message, ("code", result.Error.Code));
            await Task.Delay(options.RetryPause, options.Time, cancellation);
        }
    }

    private async Task TellAsync(NodeLink link, MetricsKey key, CancellationToken cancellation)
    {
        var parts = key.Parts.ToHashSet();
        var interval = TimeSpan.FromMilliseconds(Math.Max(key.IntervalMs, 1));
        var begun = options.Time.GetTimestamp();
        var path = MetricsPathPlanner.Begin(TimeSpan.Zero);
        using var datagrams = new DatagramSender(key, link.Peer.Remote as IPEndPoint);
        feed.Collect(parts); // what the first rates count from
        var next = interval * options.Random.NextDouble(); // hosts that came back together drift apart
        while (options.Time.GetElapsedTime(begun) is var now && now < TimeSpan.FromSeconds(key.RenewS))
        {
            if (next > now)
            {
                await Task.Delay(next - now, options.Time, cancellation);
                now = options.Time.GetElapsedTime(begun);
            }

            next = now - next > interval ? now + interval : next + interval; // a host that slept does not make up for it
            path = await TellAsync(link, datagrams, path, SampleFitter.Fit(feed.Collect(parts), DatagramHeader.MaxPayload), now, cancellation);
        }
    }

    private async Task<MetricsPath> TellAsync(
        NodeLink link, DatagramSender datagrams, MetricsPath path, MetricsReport report, TimeSpan now, CancellationToken cancellation)
    {
        if (!path.ByDatagram || MetricsPathPlanner.WantsReceipt(path))
        {
            // By datagram the request carries nothing and asks what came; the newest datagram has had an interval's time.
            var asked = path.ByDatagram ? Probe : report;
            var result = await link.RequestAsync<MetricsReceipt>(Method.MetricsReport, asked, options.AnswerTime, cancellation);
            var was = path.ByDatagram;
            path = result.Succeeded ? MetricsPathPlanner.Heard(path, result.Value.Received, now) : path;
            if (path.ByDatagram != was)
            {
                options.Log.Information("metrics-path", path.ByDatagram
                    ? "Metrics go by datagram."
                    : "Datagrams do not reach the site: metrics go over the link, and datagrams are tried again later.");
            }

            if (!was)
            {
                return MetricsPathPlanner.WantsProbe(path, now) ? Send(datagrams, path, Probe) : path;
            }
        }

        return Send(datagrams, path, report);
    }

    private static MetricsPath Send(DatagramSender datagrams, MetricsPath path, MetricsReport report)
    {
        datagrams.Send(report);
        return MetricsPathPlanner.Sent(path);
    }
}
