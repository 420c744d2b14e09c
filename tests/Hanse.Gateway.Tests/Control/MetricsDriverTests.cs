using System.Net;
using System.Net.Sockets;
using System.Text;
using Hanse.Gateway.Control;
using Hanse.Gateway.Logging;
using Hanse.Protocol.Messages;
using Hanse.Protocol.Telemetry;
using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Control;

/// <summary>What a collector gets by OTLP.</summary>
public sealed class MetricsDriverTests
{
    private readonly ManualClock _clock = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Counters_reach_a_collector_by_route_and_cause()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var driver = new MetricsDriver(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), "door", Report, _clock, GatewayLog.None);
        var running = driver.RunAsync(stop.Token);
        var received = ReceiveAsync(listener);

        await Wait.For("the collector to be sent something", () =>
        {
            _clock.Advance(TimeSpan.FromSeconds(15));
            return received.IsCompleted;
        });

        var (head, request) = await received;
        Assert.StartsWith("POST /v1/metrics ", head, StringComparison.Ordinal);
        var resource = Assert.Single(request.ResourceMetrics);
        Assert.Contains(resource.Resource.Attributes, a => a is { Key: "service.instance.id", Value.StringValue: "door" });
        var metrics = resource.ScopeMetrics.Single().Metrics.ToDictionary(m => m.Name, StringComparer.Ordinal);
        var bytes = metrics["hanse.gateway.bytes"].Sum;
        Assert.Equal((true, 2U), (bytes.IsMonotonic, bytes.AggregationTemporality));
        Assert.Equal(["north in 7", "north out 9"], bytes.DataPoints.Select(p => $"{string.Join(' ', p.Attributes.Select(a => a.Value.StringValue))} {p.AsInt}"));
        Assert.Equal(["0.5 300", "0.95 900", "0.99 4000"], metrics["hanse.gateway.dial.quantile"].Gauge.DataPoints.Select(p => $"{p.Attributes.Single(a => a.Key == "quantile").Value.StringValue} {p.AsInt}"));
        Assert.Equal((5, 2), (metrics["hanse.gateway.dials"].Sum.DataPoints.Single().AsInt, metrics["hanse.gateway.route.refusals"].Sum.DataPoints.Single().AsInt));
        Assert.Equal(4, metrics["hanse.gateway.refusals"].Sum.DataPoints.Single(p => p.Attributes.Single().Value.StringValue == "unknown-name").AsInt);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static GatewayReport Report() => new()
    {
        StartedUnixMs = 1, Total = new RouteCount(), Routes = { new RouteCount { Name = "north", Dials = 5, Refused = 2, BytesIn = 7, BytesOut = 9, DialP50Us = 300, DialP95Us = 900, DialP99Us = 4000 } },
        Refusals = { new NamedCount { Name = "unknown-name", Count = 4 } },
    };

    /// <summary>One request, answered with 200.</summary>
    private static async Task<(string Head, ExportMetricsServiceRequest Request)> ReceiveAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        int body, length;
        do
        {
            bytes.AddRange(buffer.AsSpan(0, await client.GetStream().ReadAsync(buffer)));
            var text = Encoding.Latin1.GetString([.. bytes]);
            body = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
            var marker = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
            length = marker < 0 ? int.MaxValue / 2 : int.Parse(text[(marker + 16)..text.IndexOf('\r', marker)], System.Globalization.CultureInfo.InvariantCulture);
        }
        while (body < 4 || bytes.Count < body + length);
        await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        return (Encoding.Latin1.GetString([.. bytes.Take(body)]), ExportMetricsServiceRequest.Parser.ParseFrom([.. bytes.Skip(body)]));
    }
}
