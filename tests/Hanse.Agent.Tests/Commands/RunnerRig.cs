using Hanse.Agent.Commands;
using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Commands.Processes;
using Hanse.Agent.Logging;
using Hanse.Agent.Native;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Commands;

/// <summary>A real runner on a folder of its own, with real processes. Can be given up without an end, as by kill -9, and opened again.</summary>
internal sealed class RunnerRig : IAsyncDisposable
{
    private readonly bool _ownsFolder;

    private RunnerRig(string folder, bool ownsFolder, ExecutionOptions options, TimeProvider time)
    {
        (Folder, _ownsFolder) = (folder, ownsFolder);
        Journal = ExecutionJournal.Open(Path.Combine(folder, "executions"), options, time);
        Cgroup = options.WithoutCgroups ? null : CgroupRoot.Find();
        Runner = new ExecutionRunner(new RunSurroundings(
            Journal, options, time, new BootClock(), AgentLog.None, Cgroup, Path.Combine(Path.GetTempPath(), "hanse-agent-tests")));
    }

    internal string Folder { get; }

    internal string? Cgroup { get; }

    internal ExecutionJournal Journal { get; }

    internal ExecutionRunner Runner { get; }

    internal static ExecutionOptions Quick { get; } = new() { Grace = TimeSpan.FromMilliseconds(300), FreeFloor = 0 };

    internal static async Task<RunnerRig> OpenAsync(ExecutionOptions? options = null, string? folder = null, TimeProvider? time = null)
    {
        var rig = new RunnerRig(
            folder ?? Directory.CreateTempSubdirectory("hanse-agent-").FullName, folder is null, options ?? Quick, time ?? TimeProvider.System);
        await rig.Runner.RecoverAsync();
        return rig;
    }

    internal static ExecutionOffer Shell(string body, CommandId? id = null, TimeSpan? timeout = null, uint limit = 0, string runAs = "") => new()
    {
        CommandId = (id ?? CommandId.New()).ToWire(),
        TimeLeftMs = 60_000,
        Script = new Script
        {
            Interpreter = "/bin/sh",
            Body = body,
            TimeoutMs = (uint)(timeout ?? TimeSpan.FromSeconds(60)).TotalMilliseconds,
            OutputLimitBytes = limit,
            RunAs = runAs,
        },
    };

    internal async Task<ExecutionReport> RunAsync(ExecutionOffer offer)
    {
        Runner.Offer(offer);
        return await OutcomeAsync(CommandId.FromBytes(offer.CommandId.Span));
    }

    internal async Task<ExecutionReport> OutcomeAsync(CommandId id)
    {
        await Wait.For($"the outcome of {id}", () => Runner.Report(id)?.State.IsOutcome() == true, found: () => $"{Runner.Report(id)}");
        return Runner.Report(id)!;
    }

    /// <summary>Processes that carry the execution's mark, wherever they went.</summary>
    internal static IReadOnlyList<int> Alive(CommandId id)
    {
        var mark = System.Text.Encoding.ASCII.GetBytes($"HANSE_COMMAND_ID={id}");
        return [.. ProcessTable.All().Where(p => p.State != 'Z' && ProcessTable.HasEnvironment(p.Pid, mark)).Select(p => p.Pid)];
    }

    public async ValueTask DisposeAsync()
    {
        await Runner.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
