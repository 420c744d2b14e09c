using Hanse.Protocol.Messages;
using Hanse.Protocol.Telemetry;

namespace Hanse.Gateway.Control;

/// <summary>A gateway's report as metrics of OpenTelemetry. Pure. Labels are a route's name, a cause and a direction, and nothing that a client chooses.</summary>
internal static class MetricsPayload
{
    private const uint Cumulative = 2;

    internal static ExportMetricsServiceRequest Of(GatewayReport report, string gateway, DateTimeOffset now)
    {
        var at = new Instants(Nanoseconds(DateTimeOffset.FromUnixTimeMilliseconds(report.StartedUnixMs)), Nanoseconds(now));
        var scope = new ScopeMetrics { Scope = new InstrumentationScope { Name = "Hanse.Gateway", Version = Versions.Software } };
        scope.Metrics.Add(new Metric
        {
            Name = "hanse.gateway.connections", Unit = "{connection}", Description = "Connections that are relayed now",
            Gauge = new Gauge { DataPoints = { report.Routes.Select(r => Point(r.Active, at, ("route", r.Name))) } },
        });
        scope.Metrics.Add(new Metric
        {
            Name = "hanse.gateway.queue", Unit = "{connection}", Description = "Hellos and dials under way", Gauge = new Gauge { DataPoints = { Point(report.Total.Queue, at) } },
        });
        scope.Metrics.Add(new Metric
        {
            Name = "hanse.gateway.dial.mean", Unit = "us", Description = "Mean latency of dials to the upstream",
            Gauge = new Gauge { DataPoints = { report.Routes.Where(r => r.Dials > 0).Select(r => Point(r.DialMeanUs, at, ("route", r.Name))) } },
        });
        scope.Metrics.Add(new Metric
        {
            Name = "hanse.gateway.dial.quantile", Unit = "us", Description = "Latency of dials to the upstream: this part of all were below",
            Gauge = new Gauge
            {
                DataPoints =
                {
                    report.Routes.Where(r => r.DialP50Us > 0).SelectMany(r => new[]
                    {
                        Point(r.DialP50Us, at, ("route", r.Name), ("quantile", "0.5")), Point(r.DialP95Us, at, ("route", r.Name), ("quantile", "0.95")),
                        Point(r.DialP99Us, at, ("route", r.Name), ("quantile", "0.99")),
                    }),
                },
            },
        });
        scope.Metrics.Add(Counter("hanse.gateway.accepted", "{connection}", "Connections that were relayed", report.Routes.Select(r => Point(r.Accepted, at, ("route", r.Name)))));
        scope.Metrics.Add(Counter("hanse.gateway.bytes", "By", "Bytes that were relayed", report.Routes.SelectMany(r => new[]
        {
            Point(r.BytesIn, at, ("route", r.Name), ("direction", "in")), Point(r.BytesOut, at, ("route", r.Name), ("direction", "out")),
        })));
        scope.Metrics.Add(Counter("hanse.gateway.dials", "{dial}", "Dials that were begun", report.Routes.Select(r => Point(r.Dials, at, ("route", r.Name)))));
        scope.Metrics.Add(Counter("hanse.gateway.dial.failures", "{dial}", "Dials that failed", report.Routes.Select(r => Point(r.DialFailures, at, ("route", r.Name)))));
        scope.Metrics.Add(Counter("hanse.gateway.resets", "{connection}", "Connections that were reset", report.Routes.SelectMany(r => new[]
        {
            Point(r.ClientResets, at, ("route", r.Name), ("by", "client")), Point(r.UpstreamResets, at, ("route", r.Name), ("by", "upstream")),
        })));
        scope.Metrics.Add(Counter("hanse.gateway.refusals", "{connection}", "Connections that got no route", report.Refusals.Select(r => Point(r.Count, at, ("cause", r.Name)))));
        scope.Metrics.Add(Counter("hanse.gateway.route.refusals", "{connection}", "Connections that a route refused", report.Routes.Select(r => Point(r.Refused, at, ("route", r.Name)))));
        scope.Metrics.Add(Counter("hanse.gateway.datagrams", "{datagram}", "Datagrams, by what became of them", report.Datagrams.Select(d => Point(d.Count, at, ("outcome", d.Name)))));
        scope.Metrics.Add(Counter("hanse.gateway.snapshots.refused", "{snapshot}", "Snapshots that were forged or older", [Point(report.RefusedSnapshots, at)]));
        return new ExportMetricsServiceRequest
        {
            ResourceMetrics =
            {
                new ResourceMetrics { Resource = new Resource { Attributes = { Label("service.name", "hanse-gateway"), Label("service.instance.id", gateway) } }, ScopeMetrics = { scope } },
            },
        };
    }

    private static Metric Counter(string name, string unit, string description, IEnumerable<NumberDataPoint> points) =>
        new() { Name = name, Unit = unit, Description = description, Sum = new Sum { AggregationTemporality = Cumulative, IsMonotonic = true, DataPoints = { points } } };

    private static NumberDataPoint Point(ulong value, Instants at, params ReadOnlySpan<(string Key, string Value)> labels)
    {
        var point = new NumberDataPoint { StartTimeUnixNano = at.Started, TimeUnixNano = at.Now, AsInt = (long)value };
        foreach (var (key, text) in labels)
        {
            point.Attributes.Add(Label(key, text));
        }

        return point;
    }

    private static KeyValue Label(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };

    private static ulong Nanoseconds(DateTimeOffset at) => (ulong)(at - DateTimeOffset.UnixEpoch).Ticks * 100;

    private readonly record struct Instants(ulong Started, ulong Now);
}
