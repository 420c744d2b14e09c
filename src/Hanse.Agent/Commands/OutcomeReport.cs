using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Commands.Processes;
using Hanse.Agent.Native;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands;

/// <summary>Words an outcome.</summary>
internal static class OutcomeReport
{
    /// <summary>An execution that never started.</summary>
    internal static ExecutionReport NotStarted(CommandId id, ExecutionState state, string reason, string detail, DateTimeOffset now) => new()
    {
        CommandId = id.ToWire(),
        State = state,
        Reason = reason,
        Detail = detail,
        FinishedUnixMs = now.ToUnixTimeMilliseconds(),
    };

    /// <summary>One that started; its streams are taken from its files.</summary>
    /// <param name="output">Null when only the files are left of it.</param>
    internal static ExecutionReport Started(ExecutionEntry entry, OutputFiles? output, Verdict verdict, DateTimeOffset now)
    {
        var report = NotStarted(entry.Id, verdict.State, verdict.Reason, verdict.Detail, now);
        report.StartedUnixMs = entry.Started?.ToUnixTimeMilliseconds() ?? 0;
        report.Stdout = Excerpt.Of(entry.Stdout, output?.Out.Total);
        report.Stderr = Excerpt.Of(entry.Stderr, output?.Error.Total);
        if (verdict.ExitCode is { } code)
        {
            report.ExitCode = code;
        }

        return report;
    }

    internal static Verdict Judge(EndCause cause, ChildExit exit, TimeSpan timeout) => cause switch
    {
        EndCause.Timeout => new(ExecutionState.TimedOut, ExecutionReasons.Timeout, $"It ran longer than {timeout} and was killed.", null),
        EndCause.Cancelled => new(ExecutionState.Cancelled, ExecutionReasons.CancelRequested, "It was cancelled while it ran, and killed.", null),
        EndCause.AgentStops => new(ExecutionState.Failed, ExecutionReasons.AgentRestarted, "The agent was stopped, and killed what it ran.", null),
        _ when exit.Signal != 0 => new(ExecutionState.Failed, ExecutionReasons.Signalled, $"It was ended by signal {exit.Signal}.", exit.ShellCode),
        _ when exit.Code != 0 => new(ExecutionState.Failed, ExecutionReasons.ExitCode, $"It ended with exit code {exit.Code}.", exit.Code),
        _ => new(ExecutionState.Succeeded, "", "", 0),
    };
}
