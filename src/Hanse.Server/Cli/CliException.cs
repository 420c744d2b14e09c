namespace Hanse.Server.Cli;

/// <summary>Ends a verb early. The texts are for people: what happened (with why), and what to do next. Caught in one place,
/// <see cref="CommandLine"/>, which prints them and exits with the code.</summary>
internal sealed class CliException(int exitCode, string happened, string? next = null, string? code = null) : Exception(happened)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>What to do next; null when the first text says it.</summary>
    public string? Next { get; } = next;

    /// <summary>The stable code of the refusal, for programs.</summary>
    public string? Code { get; } = code;
}
