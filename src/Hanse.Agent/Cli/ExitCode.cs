namespace Hanse.Agent.Cli;

/// <summary>Exit codes of <c>hanse-agent</c>; documented in docs/components/agent.md.</summary>
internal static class ExitCode
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int NotJoined = 3;
    internal const int InUse = 4;
    internal const int Refused = 5;
}
