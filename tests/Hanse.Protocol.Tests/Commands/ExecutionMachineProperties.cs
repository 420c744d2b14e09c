using FsCheck;
using FsCheck.Fluent;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Tests.Commands;

/// <summary>Three nodes under any interleaving of steps, with messages repeated, reordered and lost, and each node crashing between its store and its send:
/// they end, they agree, and a script starts at most once (D2, invariants 4 and 5). A failing seed is printed by FsCheck.</summary>
public class ExecutionMachineProperties
{
    private static readonly Config Thorough = Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(60);

    [Fact]
    public void Any_interleaving_ends_and_all_three_nodes_agree() => Check.One(Thorough, Prop.ForAll(
        Gen.Choose(0, ThreeNodes.Steps - 1).ListOf().ToArbitrary(),
        steps =>
        {
            var nodes = new ThreeNodes();
            foreach (var step in steps)
            {
                nodes.Do(step);
            }

            nodes.Settle();
            return nodes.Agree.Label($"{nodes}")
                .And((nodes.Starts <= 1).Label($"started {nodes.Starts} times"))
                .And((nodes.Illegal == 0).Label($"{nodes.Illegal} illegal transitions among honest nodes"))
                .And((nodes.OutcomesSeen.Distinct().Count() <= 1).Label($"outcomes {string.Join(", ", nodes.OutcomesSeen)}"));
        }));

    /// <summary>D3 on commands of several hosts: never ended while one is open, ended when all are, and completed only when all succeeded.</summary>
    [Fact]
    public void Any_interleaving_of_several_executions_ends_their_command() => Check.One(Thorough.WithMaxTest(500), Prop.ForAll(
        Gen.Choose(0, ThreeNodes.Steps - 1).ListOf().ListOf(4).ToArbitrary(),
        hosts =>
        {
            var executions = hosts.Select(_ => new ThreeNodes()).ToList();
            for (var step = 0; step < hosts.Max(h => h.Count); step++)
            {
                foreach (var (nodes, steps) in executions.Zip(hosts).Where(e => step < e.Second.Count))
                {
                    nodes.Do(steps[step]);
                    var open = executions.Any(e => !e.AtCoordinator.IsTerminal());
                    if (open != (Derived() is CommandState.Queued or CommandState.InProgress))
                    {
                        return false.Label($"{Derived()} with {string.Join(", ", executions)}");
                    }
                }
            }

            executions.ForEach(e => e.Settle());
            var all = executions.TrueForAll(e => e.AtCoordinator == ExecutionState.Succeeded);
            return (Derived() is not (CommandState.Queued or CommandState.InProgress) && all == (Derived() == CommandState.Completed))
                .Label($"{Derived()} with {string.Join(", ", executions)}");

            CommandState Derived() => CommandMachine.Derive(executions.Select(e => e.AtCoordinator));
        }));

    [Fact]
    public void No_input_ever_changes_an_outcome() => Check.One(Thorough, Prop.ForAll(
        Statuses.Where(s => s.State.IsOutcome()).ToArbitrary(),
        Inputs.ToArbitrary(),
        (status, input) => input(status).Status?.State == status.State));

    [Fact]
    public void An_illegal_input_leaves_the_status_as_it_was() => Check.One(Thorough, Prop.ForAll(
        Statuses.ToArbitrary(),
        Inputs.ToArbitrary(),
        (status, input) => input(status) is var answer && (answer.IsApplied ? answer.Status != status : answer.Status == status)));

    [Fact]
    public void No_input_goes_back_up_or_takes_a_wish_away() => Check.One(Thorough, Prop.ForAll(
        Statuses.ToArbitrary(),
        Inputs.ToArbitrary(),
        (status, input) => input(status).Status is { } after && after.State.Rank() >= status.State.Rank()
            && (after.CancelRequested || !status.CancelRequested) && (after.Offered || !status.Offered)));

    private static Gen<ExecutionStatus> Statuses =>
        from state in Gen.Elements(ExecutionStates.All.ToArray())
        from wish in Gen.Elements(true, false)
        from offered in Gen.Elements(true, false)
        select new ExecutionStatus(state, wish, offered);

    private static Gen<Func<ExecutionStatus, ExecutionTransition>> Inputs =>
        from kind in Gen.Choose(0, 5)
        from self in Gen.Elements(Enum.GetValues<ExecutionNode>())
        from other in Gen.Elements(Enum.GetValues<ExecutionNode>())
        from state in Gen.Elements(Enum.GetValues<ExecutionState>())
        from seconds in Gen.Choose(-100, 100)
        select new Func<ExecutionStatus, ExecutionTransition>(status => kind switch
        {
            0 => ExecutionMachine.Take(status, self),
            1 => ExecutionMachine.Offer(status, self),
            2 => ExecutionMachine.Observe(status, self, other, state),
            3 => ExecutionMachine.Cancel(status, self),
            4 => ExecutionMachine.End(status, self, state),
            _ => ExecutionMachine.Pass(status, self, DateTimeOffset.UnixEpoch.AddSeconds(seconds), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(50)),
        });
}
