using Hanse.Bench.Simulation;
using Hanse.Bench.Simulation.Machines;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Bench.Tests.Simulation;

public sealed class SimulatedExecutorTests
{
    private readonly ManualClock _clock = new();
    private readonly SimulatedMachine _machine = new(7, "north", 0);
    private readonly SimulatedExecutor _executor;

    public SimulatedExecutorTests() => _executor = new SimulatedExecutor(new SimulatedShell(_machine, _clock), _clock);

    [Fact]
    public async Task Offer_knownCommand_succeedsWithTheMachinesAnswer_andIsAnsweredTheSameTwice()
    {
        var id = CommandId.New();
        Assert.Equal(ExecutionState.Running, _executor.Offer(Order(id, "uname", "-r")).State);
        var ended = await EndedAsync(id);

        Assert.Equal((ExecutionState.Succeeded, 0), (ended.State, ended.ExitCode));
        Assert.Equal(_machine.Kernel + "\n", ended.Stdout.Head.ToStringUtf8());
        Assert.Equal(ended, _executor.Offer(Order(id, "uname", "-r")));
        var chunk = Assert.Single(_executor.NextOutput(1024));
        _executor.AcknowledgeOutput([new OutputOffset { CommandId = chunk.CommandId, Stream = chunk.Stream, Acknowledged = (ulong)chunk.Data.Length }]);
        Assert.Empty(_executor.NextOutput(1024));
    }

    [Fact]
    public async Task Offer_commandThatFails_failsWithItsExitCode()
    {
        var id = CommandId.New();
        _executor.Offer(Order(id, "false"));
        var ended = await EndedAsync(id);

        Assert.Equal((ExecutionState.Failed, ExecutionReasons.ExitCode, 1), (ended.State, ended.Reason, ended.ExitCode));
    }

    [Fact]
    public async Task Offer_longerThanItsTimeout_timesOut()
    {
        var id = CommandId.New();
        var order = Order(id, "sleep", "3600");
        order.Script.TimeoutMs = 60_000;
        _executor.Offer(order);

        Assert.Equal(ExecutionState.TimedOut, (await EndedAsync(id)).State);
    }

    [Fact]
    public void Cancel_whileItRuns_isCancelled_andACancelThatComesFirstLeavesATombstone()
    {
        var (running, unborn) = (CommandId.New(), CommandId.New());
        _executor.Offer(Order(running, "sleep", "60"));

        Assert.Equal(ExecutionState.Cancelled, _executor.Cancel(running).State);
        _executor.Cancel(unborn);
        Assert.Equal(ExecutionState.Cancelled, _executor.Offer(Order(unborn, "uname")).State);
    }

    [Fact]
    public void Acknowledged_executions_areForgottenBeyondTheBound_andOthersNever()
    {
        var open = CommandId.New();
        _executor.Offer(Order(open, "sleep", "60"));
        var ids = Enumerable.Range(0, SimulatedExecutor.Kept + 10).Select(_ => CommandId.New()).ToList();
        foreach (var id in ids)
        {
            _executor.Cancel(id);
            _executor.Acknowledge(id, ExecutionState.Cancelled);
        }

        Assert.Equal(SimulatedExecutor.Kept, ids.Count(id => _executor.Report(id) is not null));
        Assert.Equal(open, Assert.Single(_executor.Pending()).Command);
    }

    private async Task<ExecutionReport> EndedAsync(CommandId id)
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Wait.For("the execution ended", () => _executor.Report(id)!.State.IsOutcome());
        return _executor.Report(id)!;
    }

    private static ExecutionOffer Order(CommandId id, params string[] arguments)
    {
        var script = new Script();
        script.Arguments.AddRange(arguments);
        return new ExecutionOffer { CommandId = id.ToWire(), Script = script, TimeLeftMs = 60_000 };
    }
}
