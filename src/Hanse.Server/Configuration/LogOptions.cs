namespace Hanse.Server.Configuration;

/// <summary>Logs go to standard error, one JSON object a line.</summary>
public sealed record LogOptions
{
    public LogLevel Level { get; init; } = LogLevel.Information;
}
