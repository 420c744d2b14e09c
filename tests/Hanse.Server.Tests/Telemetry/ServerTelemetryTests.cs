using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Hanse.Server.Configuration;
using Hanse.Server.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hanse.Server.Tests.Telemetry;

/// <summary>What reaches a collector that speaks OTLP over gRPC, on a real connection.</summary>
public sealed class ServerTelemetryTests
{
    [Fact]
    public async Task Metrics_and_traces_reach_the_collector_by_the_time_it_ends()
    {
        await using var collector = await Collector.StartAsync();
        using var meter = new Meter("Hanse.ServerTelemetryTests");
        using var source = new ActivitySource("Hanse.ServerTelemetryTests");
        var options = new HanseOptions { Roles = [ServerRole.Site], Telemetry = new TelemetryOptions { OtlpEndpoint = collector.Address } };

        using (ServerTelemetry.Start(options))
        {
            meter.CreateCounter<long>("hanse.test.counted").Add(1);
            using var activity = source.StartActivity("hanse-test-span");
            Assert.NotNull(activity);
        }

        Assert.Contains("hanse.test.counted", collector.Received("metrics"), StringComparison.Ordinal);
        Assert.Contains("hanse.roles", collector.Received("metrics"), StringComparison.Ordinal);
        Assert.Contains("hanse-test-span", collector.Received("trace"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_collector_nothing_is_measured()
    {
        using var source = new ActivitySource("Hanse.ServerTelemetryTests.Quiet");
        using (ServerTelemetry.Start(new HanseOptions()))
        {
            Assert.Null(source.StartActivity("nobody-listens"));
        }
    }

    /// <summary>Takes OTLP exports on HTTP/2 without TLS, and answers as gRPC does: an empty message and status 0.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ConcurrentQueue<(string Path, string Body)> _taken = new();

        private Collector()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
            _app = builder.Build();
            _app.MapPost("/{service}/Export", TakeAsync);
        }

        public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

        public static async Task<Collector> StartAsync()
        {
            var collector = new Collector();
            await collector._app.StartAsync();
            return collector;
        }

        /// <summary>Everything of a kind; names are plain text within the protobuf.</summary>
        public string Received(string kind) => string.Concat(_taken.Where(t => t.Path.Contains(kind, StringComparison.Ordinal)).Select(t => t.Body));

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task TakeAsync(HttpContext context)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _taken.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }
}
