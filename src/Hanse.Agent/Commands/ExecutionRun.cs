using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Commands.Processes;
using Hanse.Agent.Native;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands;

/// <summary>
/// One execution from its start to its journaled outcome (D5). Guarantees: it runs only after its process and cgroup are
/// journaled; when <see cref="RunAsync"/> ends, nothing of it lives and its outcome is durable; whatever fails on the way becomes an outcome.
/// 1. <see cref="Begin"/> journals that it is taken, and where it will be found;
/// 2. the gate is spawned, put in its cgroup, journaled, watched against the agent's death, and opened;
/// 3. it ends by itself, by timeout, by cancel or because the agent stops: SIGTERM, grace, SIGKILL for the whole tree;
/// 4. output is drained, the outcome journaled, the traces removed.
/// </summary>
internal sealed class ExecutionRun(ExecutionEntry entry, PreparedScript prepared, RunSurroundings surroundings, Action news)
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GracePause = TimeSpan.FromMilliseconds(20);
    private readonly TaskCompletionSource<EndCause> _wish = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;

    internal ExecutionEntry Entry => entry;

    private ExecutionJournal Journal => surroundings.Journal;

    private TimeProvider Time => surroundings.Time;

    /// <summary>Asks it to end; the first cause counts.</summary>
    internal void End(EndCause cause)
    {
        _stopping |= cause == EndCause.AgentStops;
        _wish.TrySetResult(cause);
    }

    internal void Begin()
    {
        var name = $"hanse-{entry.Id}-{Environment.ProcessId}";
        var cgroup = surroundings.CgroupRoot is { } root ? Path.Combine(root, name) : "";
        var scratch = prepared.SwitchUser ? Path.Combine(surroundings.ScratchRoot, name) : "";
        Journal.Take(entry, Time.GetUtcNow(), new ExecutionPlace(cgroup, scratch, 0, 0, surroundings.Boot.BootId));
    }

    internal async Task RunAsync()
    {
        var report = await ReportAsync();
        RemoveTraces();
        await JournalAsync(report);
        news();
    }

    // Before the outcome is journaled: whoever sees that may rely on the script being gone.
    private void RemoveTraces()
    {
        try
        {
            RunTraces.Remove(entry);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            surroundings.Log.Warning("script-not-removed", failure.Message, ("command", entry.Id.ToString()));
        }
    }

    private async Task<ExecutionReport> ReportAsync()
    {
        try
        {
            using var output = new OutputFiles(
                new OutputFile(entry.Stdout, prepared.OutputLimit), new OutputFile(entry.Stderr, prepared.OutputLimit), news);
            var verdict = await ExecuteAsync(output);
            output.Out.Sync();
            output.Error.Sync();
            return OutcomeReport.Started(entry, output, verdict, Time.GetUtcNow());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return OutcomeReport.NotStarted(
                entry.Id, ExecutionState.Failed, ExecutionReasons.StartFailed, $"Its output could not be kept: {failure.Message}", Time.GetUtcNow());
        }
    }

    private async Task<Verdict> ExecuteAsync(OutputFiles output)
    {
        ChildProcess? child = null;
        DeathWatch? watch = null;
        try
        {
            child = SpawnGate(output);
            watch = DeathWatch.Over(entry.Id, entry.Place!.Cgroup, child);
            _ = ScriptLauncher.Open(child);
            var verdict = await WatchAsync(child);
            await watch.EndAsync();
            return verdict;
        }
        catch (Exception failure) when (failure is SpawnException or IOException or UnauthorizedAccessException)
        {
            surroundings.Log.Error("execution-start-failed", failure.Message, ("command", entry.Id.ToString()));
            await new ProcessTree(entry.Id, entry.Place!).KillAsync(KillLimit, Time);
            return new Verdict(ExecutionState.Failed, ExecutionReasons.StartFailed, $"The process could not be started: {failure.Message}", null);
        }
        finally
        {
            watch?.Dispose();
            child?.Dispose();
        }
    }

    private ChildProcess SpawnGate(OutputFiles output)
    {
        var place = entry.Place!;
        var folder = place.Scratch.Length > 0 ? RunTraces.CreateScratch(place.Scratch) : entry.Folder;
        var launch = ScriptLauncher.Write(prepared, folder, entry.Id);
        if (place.Cgroup.Length > 0)
        {
            Directory.CreateDirectory(place.Cgroup);
        }

        var child = ScriptLauncher.SpawnGate(prepared, launch, entry.Id, output);
        try
        {
            if (place.Cgroup.Length > 0)
            {
                File.WriteAllText(Path.Combine(place.Cgroup, "cgroup.procs"), $"{child.Pid}");
            }

            Journal.SetProcess(entry, place with { Pid = child.Pid, StartTicks = child.StartTicks });
            return child;
        }
        catch
        {
            child.Dispose();
            throw;
        }
    }

    private async Task<Verdict> WatchAsync(ChildProcess child)
    {
        var tree = new ProcessTree(entry.Id, entry.Place!);
        var cause = await CauseAsync(child);
        if (cause != EndCause.Exited)
        {
            await TerminateAsync(tree, child);
        }

        if (!await tree.KillAsync(KillLimit, Time))
        {
            surroundings.Log.Error("execution-not-killed", "A process does not end; it is left behind.", ("command", entry.Id.ToString()));
        }

        child.SignalGroup(Libc.SigKill);
        var exit = await child.Exited;
        await Task.WhenAny(child.Drained, Task.Delay(DrainLimit, Time));
        child.AbandonOutput();
        await child.Drained;
        return OutcomeReport.Judge(cause, exit, prepared.Timeout);
    }

    private async Task<EndCause> CauseAsync(ChildProcess child)
    {
        using var over = new CancellationTokenSource();
        var timeout = Task.Delay(prepared.Timeout, Time, over.Token);
        await Task.WhenAny(child.Exited, _wish.Task, timeout);
        var timedOut = timeout.IsCompletedSuccessfully;
        await over.CancelAsync();
        return child.Exited.IsCompleted ? EndCause.Exited
            : _wish.Task.IsCompleted ? await _wish.Task
            : timedOut ? EndCause.Timeout : EndCause.Exited;
    }

    private async Task TerminateAsync(ProcessTree tree, ChildProcess child)
    {
        tree.Signal(Libc.SigTerm);
        var started = Time.GetTimestamp();
        while (Time.GetElapsedTime(started) < surroundings.Options.Grace && (!child.Exited.IsCompleted || tree.Members().Count > 0))
        {
            await Task.Delay(GracePause, Time);
        }
    }

    // A full disk passes; an outcome that is lost does not.
    private async Task JournalAsync(ExecutionReport report)
    {
        while (true)
        {
            try
            {
                Journal.End(entry, report);
                return;
            }
            catch (IOException failure) when (!_stopping)
            {
                surroundings.Log.Error("journal-write-failed", failure.Message, ("command", entry.Id.ToString()));
                await Task.Delay(RetryPause, Time);
            }
        }
    }
}
