using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;
using static Hanse.Protocol.Commands.ExecutionNode;
using static Hanse.Protocol.Messages.ExecutionState;

namespace Hanse.Protocol.Tests.Commands;

/// <summary>The table of D2, row by row. <see cref="ExecutionMachineProperties"/> has what follows from it for three nodes.</summary>
public class ExecutionMachineTests
{
    private static readonly DateTimeOffset Deadline = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(Queued, Site, Delivered, TransitionKind.Applied)]
    [InlineData(Queued, Site, Succeeded, TransitionKind.Applied)]
    [InlineData(Delivered, Site, Running, TransitionKind.Applied)]
    [InlineData(Delivered, Site, Expired, TransitionKind.Applied)]
    [InlineData(Delivered, Site, Rejected, TransitionKind.Applied)]
    [InlineData(Running, Site, TimedOut, TransitionKind.Applied)]
    [InlineData(Running, Site, Unknown, TransitionKind.Applied)]
    [InlineData(Running, Site, Delivered, TransitionKind.NoChange)]
    [InlineData(Running, Site, Running, TransitionKind.NoChange)]
    [InlineData(Succeeded, Site, Running, TransitionKind.NoChange)]
    [InlineData(Succeeded, Site, Succeeded, TransitionKind.NoChange)]
    [InlineData(Succeeded, Site, Unknown, TransitionKind.NoChange)]
    [InlineData(Unknown, Site, Running, TransitionKind.NoChange)]
    [InlineData(Unknown, Site, Unknown, TransitionKind.NoChange)]
    [InlineData(Unknown, Site, Failed, TransitionKind.Applied)]
    [InlineData(Succeeded, Site, Failed, TransitionKind.Illegal)]
    [InlineData(Cancelled, Site, Succeeded, TransitionKind.Illegal)]
    [InlineData(Expired, Site, Succeeded, TransitionKind.Illegal)]
    [InlineData(Running, Site, Expired, TransitionKind.Illegal)]
    [InlineData(Running, Site, Rejected, TransitionKind.Illegal)]
    [InlineData(Delivered, Site, Queued, TransitionKind.Illegal)]
    [InlineData(Delivered, Site, Unspecified, TransitionKind.Illegal)]
    [InlineData(Delivered, Site, (ExecutionState)99, TransitionKind.Illegal)]
    [InlineData(Delivered, Coordinator, Succeeded, TransitionKind.Illegal)]
    public void Observe_at_the_coordinator(ExecutionState held, ExecutionNode from, ExecutionState told, TransitionKind kind)
    {
        var current = new ExecutionStatus(held, Offered: true);
        var answer = ExecutionMachine.Observe(current, Coordinator, from, told);
        Assert.Equal(kind, answer.Kind);
        Assert.Equal(kind == TransitionKind.Applied ? told : held, answer.Status!.Value.State);
        Assert.Equal(kind == TransitionKind.Illegal, answer.Why is not null);
    }

    [Theory]
    [InlineData(Delivered)]
    [InlineData(Queued)]
    [InlineData(Unknown)]
    public void Observe_at_the_site_what_an_agent_cannot_know_is_illegal(ExecutionState told) =>
        Assert.True(ExecutionMachine.Observe(new(Delivered, Offered: true), Site, Agent, told).IsIllegal);

    [Fact]
    public void Observe_an_execution_not_known_here_takes_it_over() =>
        Assert.Equal(new ExecutionStatus(Succeeded, Offered: true), ExecutionMachine.Observe(null, Coordinator, Site, Succeeded).Status);

    [Fact]
    public void Unknown_gives_way_to_a_true_outcome_once()
    {
        var first = ExecutionMachine.Observe(new(Unknown, Offered: true), Coordinator, Site, Succeeded);
        Assert.True(first.IsApplied);
        Assert.True(ExecutionMachine.Observe(first.Status, Coordinator, Site, Failed).IsIllegal);
        Assert.Equal(TransitionKind.NoChange, ExecutionMachine.Observe(first.Status, Coordinator, Site, Succeeded).Kind);
    }

    [Theory]
    [InlineData(Coordinator, Queued, false, Cancelled)]
    [InlineData(Coordinator, Queued, true, Queued)]
    [InlineData(Coordinator, Delivered, true, Delivered)]
    [InlineData(Site, Delivered, false, Cancelled)]
    [InlineData(Site, Delivered, true, Delivered)]
    [InlineData(Site, Running, true, Running)]
    [InlineData(Agent, Running, false, Running)]
    public void Cancel_is_a_wish_unless_this_node_holds_what_has_not_started(
        ExecutionNode self, ExecutionState held, bool offered, ExecutionState after)
    {
        var answer = ExecutionMachine.Cancel(new(held, Offered: offered), self);
        Assert.Equal(new ExecutionStatus(after, CancelRequested: true, offered), answer.Status);
        Assert.Equal(TransitionKind.NoChange, ExecutionMachine.Cancel(answer.Status, self).Kind);
    }

    [Theory]
    [InlineData(Site)]
    [InlineData(Agent)]
    public void Cancel_that_overtakes_the_start_leaves_a_tombstone(ExecutionNode self)
    {
        var tombstone = ExecutionMachine.Cancel(null, self);
        Assert.Equal(new ExecutionStatus(Cancelled, CancelRequested: true), tombstone.Status);
        Assert.Equal(TransitionKind.NoChange, ExecutionMachine.Take(tombstone.Status, self).Kind);
    }

    [Fact]
    public void Take_again_after_a_loss_is_as_handed_on_so_that_time_alone_does_not_end_it()
    {
        var taken = ExecutionMachine.Take(null, Site, again: true).Status!.Value;

        Assert.Equal(new ExecutionStatus(Delivered, Offered: true), taken);
        Assert.Equal(TransitionKind.NoChange, ExecutionMachine.Pass(taken, Site, DateTimeOffset.MaxValue, DateTimeOffset.MinValue, null).Kind);
        Assert.Equal(Expired, ExecutionMachine.Observe(taken, Site, Agent, Expired).Status!.Value.State);
    }

    [Fact]
    public void Cancel_of_nothing_is_illegal_at_the_coordinator() => Assert.True(ExecutionMachine.Cancel(null, Coordinator).IsIllegal);

    [Theory]
    [InlineData(Agent, Running, false, Succeeded, true)]
    [InlineData(Agent, Running, false, TimedOut, true)]
    [InlineData(Agent, Running, false, Cancelled, true)]
    [InlineData(Agent, Running, false, Expired, false)]
    [InlineData(Agent, Running, false, Unknown, false)]
    [InlineData(Site, Delivered, false, Rejected, true)]
    [InlineData(Site, Delivered, false, Succeeded, false)]
    [InlineData(Site, Delivered, true, Cancelled, false)]
    [InlineData(Site, Running, true, Failed, false)]
    [InlineData(Coordinator, Queued, false, Rejected, true)]
    [InlineData(Coordinator, Queued, true, Expired, false)]
    [InlineData(Coordinator, Delivered, true, Cancelled, false)]
    public void End_only_by_the_node_that_holds_it(ExecutionNode self, ExecutionState held, bool offered, ExecutionState outcome, bool legal) =>
        Assert.Equal(
            legal ? TransitionKind.Applied : TransitionKind.Illegal,
            ExecutionMachine.End(new(held, Offered: offered), self, outcome).Kind);

    [Theory]
    [InlineData(Agent, Expired, true)]
    [InlineData(Agent, Rejected, true)]
    [InlineData(Site, Rejected, true)]
    [InlineData(Agent, Succeeded, false)]
    [InlineData(Coordinator, Rejected, false)]
    public void End_without_having_taken_it_only_refuses(ExecutionNode self, ExecutionState outcome, bool legal) =>
        Assert.Equal(legal, ExecutionMachine.End(null, self, outcome).IsApplied);

    [Theory]
    [InlineData(Coordinator, Queued, false, -1, Queued)]
    [InlineData(Coordinator, Queued, false, 0, Expired)]
    [InlineData(Coordinator, Queued, true, 0, Queued)]
    [InlineData(Coordinator, Queued, true, 60, Unknown)]
    [InlineData(Coordinator, Running, true, 59, Running)]
    [InlineData(Coordinator, Running, true, 60, Unknown)]
    [InlineData(Coordinator, Succeeded, true, 60, Succeeded)]
    [InlineData(Site, Delivered, false, 0, Expired)]
    [InlineData(Site, Delivered, true, 0, Delivered)]
    [InlineData(Agent, Running, false, 60, Running)]
    public void Pass_expires_what_is_held_and_gives_up_what_went_down(
        ExecutionNode self, ExecutionState held, bool offered, int secondsAfterDeadline, ExecutionState after) => Assert.Equal(
            after,
            ExecutionMachine.Pass(
                new(held, Offered: offered), self, Deadline.AddSeconds(secondsAfterDeadline), Deadline, Deadline.AddSeconds(60)).Status!.Value.State);

    [Fact]
    public void Pass_without_an_instant_to_give_up_waits_for_ever() => Assert.Equal(
        TransitionKind.NoChange,
        ExecutionMachine.Pass(new(Running, Offered: true), Site, DateTimeOffset.MaxValue, Deadline, giveUp: null).Kind);

    [Fact]
    public void Offer_is_noted_once_and_only_by_the_holder()
    {
        var offered = ExecutionMachine.Offer(ExecutionStatus.Queued, Coordinator);
        Assert.Equal(new ExecutionStatus(Queued, Offered: true), offered.Status);
        Assert.Equal(TransitionKind.NoChange, ExecutionMachine.Offer(offered.Status!.Value, Coordinator).Kind);
        Assert.True(ExecutionMachine.Offer(new(Cancelled), Coordinator).IsIllegal);
        Assert.True(ExecutionMachine.Offer(new(Running), Agent).IsIllegal);
    }
}
