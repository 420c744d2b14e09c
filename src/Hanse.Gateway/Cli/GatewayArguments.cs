using System.Globalization;
using System.Net;
using Hanse.Gateway.Control;
using Hanse.Gateway.Relay;

namespace Hanse.Gateway.Cli;

/// <summary>The parsed command line.</summary>
internal sealed record GatewayArguments
{
    /// <summary>The verb and what stands after it, without options: <c>routes check FILE</c>.</summary>
    internal IReadOnlyList<string> Words { get; private init; } = [];

    internal string? Routes { get; private init; }

    internal string Data { get; private init; } = GatewayFolder.Default;

    /// <summary>Holds the join string.</summary>
    internal string? File { get; private init; }

    internal bool Yes { get; private init; }

    /// <summary>Where metrics go by OTLP.</summary>
    internal Uri? Collector { get; private init; }

    internal RelayOptions Relay { get; private init; } = new();

    internal bool Help { get; private init; }

    /// <summary>The arguments, or what is wrong with them.</summary>
    internal static (GatewayArguments? Arguments, string? Error) Parse(IReadOnlyList<string> args)
    {
        var parsed = new GatewayArguments();
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i].IndexOf('=', StringComparison.Ordinal) : -1;
            var name = equals < 0 ? args[i] : args[i][..equals];
            if (name is "--help" or "-h")
            {
                parsed = parsed with { Help = true };
            }
            else if (name is "--takeover")
            {
                parsed = parsed with { Relay = parsed.Relay with { TakeOver = true } };
            }
            else if (name is "--yes" or "-y")
            {
                parsed = parsed with { Yes = true };
            }
            else if (name.StartsWith('-'))
            {
                var value = equals >= 0 ? args[i][(equals + 1)..] : i + 1 < args.Count ? args[++i] : null;
                var (next, error) = value is null ? (null, $"{name} needs a value.") : Set(parsed, name, value);
                if (next is null)
                {
                    return (null, error);
                }

                parsed = next;
            }
            else if (parsed.Words is ["join"])
            {
                // It may be a secret: say nothing of its text.
                return (null, "A join string is not given as an argument, where others on this machine can read it. Paste it at the prompt, pipe it in, or use --file.");
            }
            else
            {
                parsed = parsed with { Words = [.. parsed.Words, name] };
            }
        }

        return (parsed, null);
    }

    private static (GatewayArguments?, string?) Set(GatewayArguments parsed, string name, string value)
    {
        var relay = parsed.Relay;
        switch (name)
        {
            case "--routes":
                return (parsed with { Routes = value }, null);
            case "--data":
                return (parsed with { Data = value }, null);
            case "--file":
                return (parsed with { File = value }, null);
            case "--otlp":
                return Uri.TryCreate(value, UriKind.Absolute, out var collector) && collector.Scheme is ("http" or "https")
                    ? (parsed with { Collector = collector }, null)
                    : (null, $"--otlp is the address of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318, not '{value}'.");
            case "--listen":
                return IPEndPoint.TryParse(value, out var address) && address.Port > 0
                    ? (parsed with { Relay = relay with { Listen = [.. relay.Listen, address] } }, null)
                    : (null, $"--listen is an IP address and a port, such as 0.0.0.0:443 or [::]:443, not '{value}'.");
            case "--workers":
                return Number(name, value, 1, 64, n => parsed with { Relay = relay with { Workers = n } });
            case "--max-connections":
                return Number(name, value, 1, int.MaxValue, n => parsed with { Relay = relay with { MaxConnections = n } });
            case "--max-per-source":
                return Number(name, value, 1, int.MaxValue, n => parsed with { Relay = relay with { MaxPerSource = n } });
            case "--max-hellos-per-source":
                return Number(name, value, 0, int.MaxValue, n => parsed with { Relay = relay with { MaxHellosPerSource = n } });
            case "--max-rate-per-source":
                return Number(name, value, 0, 1_000_000, n => parsed with { Relay = relay with { MaxRatePerSource = n } });
            case "--takeover-socket":
                return (parsed with { Relay = relay with { TakeoverSocket = value } }, null);
            case "--access-log":
                return Number(name, value, 1, int.MaxValue, n => parsed with { Relay = relay with { AccessLogEvery = n } });
            default:
                return (null, $"There is no option {name}.");
        }
    }

    private static (GatewayArguments?, string?) Number(string name, string value, int least, int most, Func<int, GatewayArguments> set) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? (set(number), null)
            : (null, $"{name} is a number from {least}{(most == int.MaxValue ? "" : $" to {most}")}, not '{value}'.");
}
