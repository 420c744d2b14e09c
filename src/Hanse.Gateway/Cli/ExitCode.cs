namespace Hanse.Gateway.Cli;

/// <summary>Exit codes of <c>hanse-gateway</c>; documented in docs/components/gateway-relay.md.</summary>
internal static class ExitCode
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int NotJoined = 3;
    internal const int Refused = 5;
}
