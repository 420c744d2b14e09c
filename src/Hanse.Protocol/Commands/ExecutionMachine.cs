using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Commands;

/// <summary>The life of one execution, the same rules for coordinator, site and agent (D2, D6). Pure: each node passes what it
/// has stored, stores what it is given before it answers, and thereby
/// (1) no outcome ever changes, but that <c>unknown</c> gives way to a true one once;
/// (2) only the last node that took an execution ends it, except that the node where the command was given writes <c>unknown</c>;
/// (3) repetition, reordering and loss of messages change nothing of where the nodes end;
/// (4) an execution is taken at most once by each node, a cancel that overtakes it included.
/// A null status means that the node does not know the execution.</summary>
public static class ExecutionMachine
{
    /// <summary>An offer came from above: <see cref="TransitionKind.Applied"/> means take it (store, then act); otherwise it is
    /// already here, perhaps as a tombstone, and the answer is what is stored (D4). An agent that will not start it calls
    /// <see cref="End"/> with null instead.</summary>
    /// <param name="current">What is stored.</param>
    /// <param name="self">Who takes it.</param>
    /// <param name="again">A life of this site that was lost may have handed it on (U6): it is taken as handed on, so that only the agent ends it.</param>
    public static ExecutionTransition Take(ExecutionStatus? current, ExecutionNode self, bool again = false) => (current, self) switch
    {
        ({ } known, _) => ExecutionTransition.Same(known),
        (null, ExecutionNode.Site) => ExecutionTransition.To(new(ExecutionState.Delivered, Offered: again)),
        (null, ExecutionNode.Agent) => ExecutionTransition.To(new(ExecutionState.Running)),
        _ => ExecutionTransition.To(ExecutionStatus.Queued),
    };

    /// <summary>About to be sent to the next node for the first time: store this before sending.</summary>
    public static ExecutionTransition Offer(ExecutionStatus current, ExecutionNode self)
    {
        if (current.Offered)
        {
            return ExecutionTransition.Same(current);
        }

        return Holds(current, self) && self != ExecutionNode.Agent
            ? ExecutionTransition.To(current with { Offered = true })
            : ExecutionTransition.Refused(current, $"{self} cannot hand on an execution that is {Text(current)}.");
    }

    /// <summary>The node below told its state. Earlier states that come late are <see cref="TransitionKind.NoChange"/>; an
    /// execution unknown here is taken over as told, since the teller has it durably (U4).</summary>
    public static ExecutionTransition Observe(ExecutionStatus? current, ExecutionNode self, ExecutionNode from, ExecutionState told)
    {
        if (from <= self || !CanTell(from, told))
        {
            return ExecutionTransition.Refused(current, $"{from} cannot tell {self} that an execution is {Text(told)}.");
        }

        if (current is not { } known)
        {
            return ExecutionTransition.To(new(told, Offered: true));
        }

        if (known.State.IsTerminal())
        {
            return Settled(known, told);
        }

        // Expired and rejected both say that it never started (D2).
        if (known.State == ExecutionState.Running && told is (ExecutionState.Expired or ExecutionState.Rejected))
        {
            return ExecutionTransition.Refused(known, $"An execution that was running cannot have been {Text(told)}.");
        }

        return told.Rank() > known.State.Rank()
            ? ExecutionTransition.To(known with { State = told, Offered = true })
            : ExecutionTransition.Same(known);
    }

    /// <summary>Someone wishes it cancelled. A node that holds an execution which has not started ends it; an execution not known
    /// below the coordinator becomes a tombstone, so that a start that comes later is not taken; otherwise the wish is noted and
    /// must be passed down (an agent kills, then calls <see cref="End"/>).</summary>
    public static ExecutionTransition Cancel(ExecutionStatus? current, ExecutionNode self)
    {
        if (current is not { } known)
        {
            return self == ExecutionNode.Coordinator
                ? ExecutionTransition.Refused(null, "The coordinator has no such execution.")
                : ExecutionTransition.To(new(ExecutionState.Cancelled, CancelRequested: true));
        }

        if (known.IsTerminal)
        {
            return ExecutionTransition.Same(known);
        }

        if (Holds(known, self) && known.State != ExecutionState.Running)
        {
            return ExecutionTransition.To(known with { State = ExecutionState.Cancelled, CancelRequested = true });
        }

        return known.CancelRequested ? ExecutionTransition.Same(known) : ExecutionTransition.To(known with { CancelRequested = true });
    }

    /// <summary>The node that holds the execution ends it. Null: it was just offered and is refused without having been taken
    /// (expired or rejected only). Coordinator and site never start anything, so they end it cancelled, expired or rejected.</summary>
    public static ExecutionTransition End(ExecutionStatus? current, ExecutionNode self, ExecutionState outcome)
    {
        if (!outcome.IsOutcome())
        {
            return ExecutionTransition.Refused(current, $"{Text(outcome)} is not an outcome.");
        }

        if (current is not { } known)
        {
            return outcome is (ExecutionState.Expired or ExecutionState.Rejected) && self != ExecutionNode.Coordinator
                ? ExecutionTransition.To(new(outcome))
                : ExecutionTransition.Refused(null, $"An execution that {self} never took cannot end {Text(outcome)}.");
        }

        if (known.State == outcome)
        {
            return ExecutionTransition.Same(known);
        }

        return Holds(known, self) && CanEnd(known.State, outcome)
            ? ExecutionTransition.To(known with { State = outcome })
            : ExecutionTransition.Refused(known, $"{self} cannot end an execution that is {Text(known)} as {Text(outcome)}.");
    }

    /// <summary>Time passes at coordinator or site. What the node still holds expires at the deadline; what went down becomes
    /// <c>unknown</c> at <paramref name="giveUp"/>, which only the node where the command was given sets: deadline, which is for
    /// starting, plus the script's timeout plus grace.</summary>
    public static ExecutionTransition Pass(
        ExecutionStatus current, ExecutionNode self, DateTimeOffset now, DateTimeOffset deadline, DateTimeOffset? giveUp)
    {
        if (current.IsTerminal || self == ExecutionNode.Agent)
        {
            return ExecutionTransition.Same(current);
        }

        if (Holds(current, self))
        {
            return now >= deadline ? ExecutionTransition.To(current with { State = ExecutionState.Expired }) : ExecutionTransition.Same(current);
        }

        return now >= giveUp ? ExecutionTransition.To(current with { State = ExecutionState.Unknown }) : ExecutionTransition.Same(current);
    }

    /// <summary>True if this node is the last that took the execution, as far as it can know: no other may have it.</summary>
    public static bool Holds(ExecutionStatus current, ExecutionNode self) => self switch
    {
        ExecutionNode.Coordinator => current is { State: ExecutionState.Queued, Offered: false },
        ExecutionNode.Site => current is { State: ExecutionState.Delivered, Offered: false },
        _ => current.State == ExecutionState.Running,
    };

    private static ExecutionTransition Settled(ExecutionStatus known, ExecutionState told)
    {
        if (known.State == ExecutionState.Unknown && told.IsOutcome())
        {
            return ExecutionTransition.To(known with { State = told, Offered = true });
        }

        return told.IsOutcome() && told != known.State
            ? ExecutionTransition.Refused(known, $"The execution has ended as {Text(known)}; it cannot also have ended as {Text(told)}.")
            : ExecutionTransition.Same(known);
    }

    private static bool CanTell(ExecutionNode from, ExecutionState told) => from switch
    {
        ExecutionNode.Agent => told == ExecutionState.Running || told.IsOutcome(),
        ExecutionNode.Site => told is ExecutionState.Delivered or ExecutionState.Running || told.IsTerminal(),
        _ => false,
    };

    private static bool CanEnd(ExecutionState from, ExecutionState outcome) => from == ExecutionState.Running
        ? outcome is not (ExecutionState.Expired or ExecutionState.Rejected)
        : outcome is ExecutionState.Cancelled or ExecutionState.Expired or ExecutionState.Rejected;

    private static string Text(ExecutionStatus status) => Text(status.State) + (status.Offered ? " and handed on" : "");

    private static string Text(ExecutionState state) => state.IsKnown() ? state.ToName() : $"in state {(int)state}";
}
