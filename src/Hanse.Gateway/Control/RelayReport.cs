using Hanse.Gateway.Datagrams;
using Hanse.Gateway.Relay.Counting;
using Hanse.Protocol.Messages;

namespace Hanse.Gateway.Control;

/// <summary>The relay's counters as the coordinator is told them. Bounded: routes beyond the limit count in the total alone.</summary>
internal static class RelayReport
{
    private const int MostRoutes = 1_000;

    internal static GatewayReport Of(RelaySnapshot relay, DatagramCounters datagrams, DateTimeOffset started, bool draining)
    {
        var report = new GatewayReport { StartedUnixMs = started.ToUnixTimeMilliseconds(), Draining = draining, Total = Of("", relay.Total) };
        report.Total.Queue += (ulong)Math.Max(0, relay.Greeting);
        report.Routes.AddRange(relay.Routes.OrderByDescending(r => r.Counters.Live).ThenBy(r => r.Key, StringComparer.Ordinal).Take(MostRoutes).Select(r => Of(r.Key, r.Counters)));
        report.Refusals.AddRange(relay.Refusals.Select((count, cause) => new NamedCount { Name = Name((Refusal)cause), Count = (ulong)count }));
        report.Datagrams.AddRange(
        [
            Named("received", datagrams.Received), Named("forwarded", datagrams.Forwarded), Named("duplicated", datagrams.Duplicated), Named("malformed", datagrams.Malformed),
            Named("unknown-route", datagrams.UnknownRoute), Named("unsent", datagrams.Unsent),
        ]);
        return report;
    }

    private static RouteCount Of(string name, RouteCounters c) => new()
    {
        Name = name, Active = Count(c.Live), Accepted = Count(c.Opened), BytesIn = Count(c.BytesFromClient), BytesOut = Count(c.BytesFromUpstream), Dials = Count(c.Dials),
        DialFailures = Count(c.FailedDials), ClientResets = Count(c.ResetsByClient), UpstreamResets = Count(c.ResetsByUpstream), Refused = Count(c.Refused), Queue = Count(c.Dialing),
        DialMeanUs = c.Opened > 0 ? Count(c.DialMicroseconds / c.Opened) : 0,
        DialP50Us = Count(c.Dialled.Percentile(0.5)), DialP95Us = Count(c.Dialled.Percentile(0.95)), DialP99Us = Count(c.Dialled.Percentile(0.99)),
    };

    private static NamedCount Named(string name, long count) => new() { Name = name, Count = Count(count) };

    /// <summary>Sums over workers that are read one after the other can be a moment apart, and a difference below zero for it.</summary>
    private static ulong Count(long value) => (ulong)Math.Max(0, value);

    /// <summary><c>UnknownName</c> as <c>unknown-name</c>.</summary>
    internal static string Name(Refusal cause) =>
        string.Concat(cause.ToString().Select((c, i) => char.IsAsciiLetterUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}
