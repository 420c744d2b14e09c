namespace Hanse.Up;

/// <summary>What went wrong, why, and what to do, in words for the person who typed the command.</summary>
internal sealed class UpException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
