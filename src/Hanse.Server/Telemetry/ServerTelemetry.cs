using Hanse.Server.Configuration;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hanse.Server.Telemetry;

/// <summary>Metrics and traces over OTLP while it lives. Nothing is measured or sent when no endpoint is configured; a collector that is
/// away costs what is dropped, never the server's work. Disposing sends what is left.</summary>
internal sealed class ServerTelemetry : IDisposable
{
    // What the platform measures by itself, PostgreSQL's driver, and everything of our own.
    private static readonly string[] Meters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "System.Net.Http", "Npgsql", "Hanse.*"];

    private static readonly string[] Sources = ["Microsoft.AspNetCore", "Npgsql", "Hanse.*"];

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    private ServerTelemetry(MeterProvider? metrics, TracerProvider? traces) => (_metrics, _traces) = (metrics, traces);

    public static ServerTelemetry Start(HanseOptions options)
    {
        if (options.Telemetry.OtlpEndpoint is not { } endpoint)
        {
            return new(null, null);
        }

        var resource = ResourceBuilder.CreateDefault().AddService("hanse", serviceVersion: Coordinator.CoordinatorModule.Version)
            .AddAttributes([new("hanse.roles", string.Join(',', options.Roles).ToLowerInvariant())]);
        void Export(OtlpExporterOptions exporter)
        {
            exporter.Endpoint = endpoint;
            exporter.Protocol = OtlpExportProtocol.Grpc;
        }

        return new(
            Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddOtlpExporter(Export).Build(),
            Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources).AddOtlpExporter(Export).Build());
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
