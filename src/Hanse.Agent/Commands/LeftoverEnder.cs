using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Commands.Processes;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands;

/// <summary>Ends what ran when the agent died (D5): kills what is left, then journals <c>failed</c>, reason <c>agent-restarted</c>.</summary>
internal sealed class LeftoverEnder(RunSurroundings surroundings)
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(30);

    internal async Task EndAllAsync()
    {
        foreach (var entry in surroundings.Journal.Entries.Where(e => e.Status is { State: ExecutionState.Running }))
        {
            await EndAsync(entry);
        }
    }

    private async Task EndAsync(ExecutionEntry entry)
    {
        if (entry.Place is not { } place)
        {
            // A tombstone whose outcome was torn off.
            surroundings.Journal.End(entry, OutcomeReport.NotStarted(
                entry.Id, ExecutionState.Cancelled, ExecutionReasons.CancelRequested, "It was cancelled before it came.", surroundings.Time.GetUtcNow()));
            return;
        }

        var sameBoot = place.BootId == surroundings.Boot.BootId;
        if (sameBoot && !await new ProcessTree(entry.Id, place).KillAsync(KillLimit, surroundings.Time))
        {
            surroundings.Log.Error("execution-not-killed", "A process of an earlier life does not end.", ("command", entry.Id.ToString()));
        }

        var detail = sameBoot ? "The agent ended while it ran; what was left of it was killed." : "The machine restarted while it ran.";
        var verdict = new Verdict(ExecutionState.Failed, ExecutionReasons.AgentRestarted, detail, null);
        surroundings.Journal.End(entry, OutcomeReport.Started(entry, null, verdict, surroundings.Time.GetUtcNow()));
        RunTraces.Remove(entry);
        surroundings.Log.Warning("execution-ended", detail, ("command", entry.Id.ToString()));
    }
}
