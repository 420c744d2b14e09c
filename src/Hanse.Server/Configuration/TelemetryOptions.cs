namespace Hanse.Server.Configuration;

/// <summary>Metrics and traces over OTLP; nothing is collected for export while no endpoint is set.</summary>
public sealed record TelemetryOptions
{
    /// <summary>gRPC endpoint of a collector, such as <c>http://127.0.0.1:4317</c>.</summary>
    public Uri? OtlpEndpoint { get; init; }
}
