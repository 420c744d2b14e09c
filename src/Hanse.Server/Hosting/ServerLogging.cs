using Hanse.Server.Configuration;
using Microsoft.Extensions.Logging.Console;

namespace Hanse.Server.Hosting;

/// <summary>Structured logs: one JSON object a line on standard error, with event ids.</summary>
internal static class ServerLogging
{
    public static ILoggerFactory Create(HanseOptions options) => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(options.Log.Level)
        .AddFilter("Microsoft", options.Log.Level > LogLevel.Warning ? options.Log.Level : LogLevel.Warning)
        // A request without a token is no news; what it was refused is in the answer.
        .AddFilter("Hanse.Coordinator.Access.Schemes", LogLevel.Warning)
        .AddJsonConsole(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        })
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
