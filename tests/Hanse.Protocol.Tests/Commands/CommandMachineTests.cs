using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Tests.Commands;

/// <summary>D3, and the names of both kinds of state.</summary>
public class CommandMachineTests
{
    [Theory]
    [InlineData("queued", "queued")]
    [InlineData("queued queued", "queued")]
    [InlineData("queued succeeded", "in-progress")]
    [InlineData("delivered", "in-progress")]
    [InlineData("running unknown", "in-progress")]
    [InlineData("succeeded succeeded", "completed")]
    [InlineData("failed failed", "failed")]
    [InlineData("cancelled cancelled", "cancelled")]
    [InlineData("expired", "expired")]
    [InlineData("timed-out", "failed")]
    [InlineData("rejected", "failed")]
    [InlineData("succeeded failed", "partial")]
    [InlineData("succeeded unknown", "partial")]
    [InlineData("cancelled expired", "partial")]
    [InlineData("failed timed-out", "partial")]
    [InlineData("unknown", "partial")]
    public void Derive_states(string executions, string command) =>
        Assert.Equal(command, CommandMachine.Derive(executions.Split(' ').Select(ExecutionStates.Parse)).ToName());

    [Fact]
    public void Derive_no_execution_is_a_bug() => Assert.Throws<ArgumentException>(() => CommandMachine.Derive([]));

    [Fact]
    public void Derive_ignores_states_counted_zero() => Assert.Equal(
        CommandState.Completed,
        CommandMachine.Derive(new Dictionary<ExecutionState, long> { [ExecutionState.Succeeded] = 3, [ExecutionState.Running] = 0 }));

    [Fact]
    public void Names_lead_back_to_their_states_and_cover_the_wire()
    {
        Assert.All(ExecutionStates.All, state => Assert.Equal(state, ExecutionStates.Parse(state.ToName())));
        Assert.All(CommandStates.All, state => Assert.Equal(state, CommandStates.Parse(state.ToName())));
        Assert.Equal(Enum.GetValues<ExecutionState>().Length - 1, ExecutionStates.All.Count);
        Assert.Equal(Enum.GetValues<CommandState>().Length - 1, CommandStates.All.Count);
        Assert.Equal("timed-out", ExecutionState.TimedOut.ToName());
        Assert.Equal("in-progress", CommandState.InProgress.ToName());
        Assert.False(ExecutionStates.TryParse("Queued", out _));
        Assert.False(ExecutionStates.TryParse(null, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExecutionState.Unspecified.ToName());
    }
}
