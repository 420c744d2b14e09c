using System.Collections;
using Hanse.Server.Hosting;

namespace Hanse.Server.Cli;

/// <summary>The world around the command line: streams, variables, clock. Tests give their own.</summary>
internal sealed record CliContext
{
    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>A person is at the keyboard: ask, draw progress, colour.</summary>
    public required bool IsInteractive { get; init; }

    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    public required IServerHost Server { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Reads one line from a person without showing it.</summary>
    public required Func<string?> ReadHidden { get; init; }

    public static CliContext OfProcess(IServerHost server) => new()
    {
        In = Console.In,
        Out = Console.Out,
        Error = Console.Error,
        IsInteractive = !Console.IsInputRedirected && !Console.IsErrorRedirected,
        Variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal),
        Server = server,
        ReadHidden = HiddenLine.Read,
    };

    /// <summary>The file of the CLI's profile: <c>--profile</c>, else <c>$HANSE_PROFILE</c>, else <c>~/.config/hanse/profile.yaml</c>.</summary>
    public string ProfilePath(string? named) => named
        ?? Variables.GetValueOrDefault("HANSE_PROFILE")
        ?? Path.Combine(Variables.GetValueOrDefault("XDG_CONFIG_HOME") is { Length: > 0 } configured
            ? configured
            : Path.Combine(Variables.GetValueOrDefault("HOME") ?? "/", ".config"), "hanse", "profile.yaml");

    /// <summary>A secret never comes from an argument: it is asked for, or read from standard input when nobody is there to ask.</summary>
    public string ReadSecret(string prompt)
    {
        if (!IsInteractive)
        {
            return (In.ReadLine() ?? "").Trim();
        }

        Error.Write(prompt);
        Error.Flush();
        var line = ReadHidden() ?? "";
        Error.WriteLine();
        return line.Trim();
    }

    /// <summary>Asks a person; the answer is no unless it is <c>y</c> or <c>yes</c>.</summary>
    public bool Confirm(string question)
    {
        Error.Write($"{question} [y/N] ");
        Error.Flush();
        return In.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
