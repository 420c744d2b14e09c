namespace Hanse.Server.Cli;

/// <summary>What the process's exit code tells a script; docs/cli.md lists them.</summary>
public static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The order was carried out, and its answer is no: a command failed on a host, the audit log does not verify, the configuration is wrong.</summary>
    public const int Failed = 1;

    /// <summary>The command line or a value on it is wrong; nothing was done.</summary>
    public const int Usage = 2;

    public const int NotFound = 3;

    /// <summary>Not logged in, locked, or the role does not allow it.</summary>
    public const int Denied = 4;

    /// <summary>No server answered, or it could not be verified.</summary>
    public const int Unreachable = 5;

    /// <summary>Not with things as they are: a name taken, a key used for another order.</summary>
    public const int Conflict = 6;

    /// <summary>The server failed, or cannot do it now.</summary>
    public const int ServerError = 7;

    /// <summary>Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;
}
