namespace Hanse.Protocol.Commands;

/// <summary>Stable reason codes of an execution's outcome, as written in <c>ExecutionReport.reason</c>. Which states carry which: docs/protocol/commands.md.</summary>
public static class ExecutionReasons
{
    /// <summary>failed: the agent restarted while the script ran, and killed what was left of it (D5).</summary>
    public const string AgentRestarted = "agent-restarted";

    /// <summary>cancelled: by wish.</summary>
    public const string CancelRequested = "cancel-requested";

    /// <summary>expired: not started before the deadline.</summary>
    public const string DeadlinePassed = "deadline-passed";

    /// <summary>failed: it ended with an exit code other than 0.</summary>
    public const string ExitCode = "exit-code";

    /// <summary>rejected: the site has no such host, or has banned or removed it.</summary>
    public const string HostUnknown = "host-unknown";

    /// <summary>rejected: the interpreter or program is not there or may not be run.</summary>
    public const string InterpreterMissing = "interpreter-missing";

    /// <summary>rejected: the agent's journal or disk is full; it loses no old result for new work.</summary>
    public const string JournalFull = "journal-full";

    /// <summary>unknown: no outcome came by the deadline plus grace.</summary>
    public const string NoOutcome = "no-outcome";

    /// <summary>rejected: the agent does not run as root and cannot become another user.</summary>
    public const string RunAsForbidden = "run-as-forbidden";

    /// <summary>rejected: the script breaks a rule of the agent (size, characters, field).</summary>
    public const string ScriptInvalid = "script-invalid";

    /// <summary>failed: ended by a signal that Hanse did not send.</summary>
    public const string Signalled = "signalled";

    /// <summary>rejected: the site left the federation before it was sent; unknown: it left before its outcome was told.</summary>
    public const string SiteRemoved = "site-removed";

    /// <summary>failed: the process could not be started.</summary>
    public const string StartFailed = "start-failed";

    /// <summary>timed-out: ran longer than its timeout and was killed.</summary>
    public const string Timeout = "timeout";

    /// <summary>rejected: the local user to run as does not exist.</summary>
    public const string UserUnknown = "unknown-user";
}
