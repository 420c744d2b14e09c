using System.Net.Http.Headers;
using Google.Protobuf;
using Hanse.Gateway.Logging;
using Hanse.Protocol.Messages;

namespace Hanse.Gateway.Control;

/// <summary>Sends the counters to a collector by OTLP over HTTP. A collector that is away costs what is dropped, never the relay. Nothing of an answer but its status is read.</summary>
/// <remarks>Written out rather than taken from the OpenTelemetry packages: these would bring a dozen assemblies into a machine in a DMZ, for one message.</remarks>
internal sealed class MetricsDriver(Uri collector, string gateway, Func<GatewayReport> count, TimeProvider time, GatewayLog log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly MediaTypeHeaderValue Protobuf = new("application/x-protobuf");
    private readonly Uri _metrics = new(collector, "/v1/metrics");
    private bool _away;

    internal async Task RunAsync(CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = Patience };
        while (true)
        {
            await Task.Delay(Interval, time, cancellation);
            await SendAsync(http, cancellation);
        }
    }

    private async Task SendAsync(HttpClient http, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(MetricsPayload.Of(count(), gateway, time.GetUtcNow()).ToByteArray());
        content.Headers.ContentType = Protobuf;
        using var request = new HttpRequestMessage(HttpMethod.Post, _metrics) { Content = content };
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            Note(answer.IsSuccessStatusCode ? null : $"it answered with HTTP status {(int)answer.StatusCode}");
        }
        catch (Exception away) when (away is HttpRequestException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            Note(away.Message);
        }
    }

    /// <summary>Once when it begins, once when it is over.</summary>
    private void Note(string? why)
    {
        if (why is not null && !_away)
        {
            log.Warning("collector-away", $"The collector at {_metrics} takes no metrics: {why}. They are dropped until it does.");
        }
        else if (why is null && _away)
        {
            log.Information("collector-back", $"The collector at {_metrics} takes metrics again.");
        }

        _away = why is not null;
    }
}
