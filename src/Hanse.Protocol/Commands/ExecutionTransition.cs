namespace Hanse.Protocol.Commands;

/// <summary>How <see cref="ExecutionMachine"/> answers an input.</summary>
public enum TransitionKind
{
    /// <summary>The status changed and must be stored.</summary>
    Applied = 1,

    /// <summary>A repetition or something overtaken: acknowledge it and store nothing.</summary>
    NoChange = 2,

    /// <summary>It contradicts what is known (D6): refuse it, say why, store nothing.</summary>
    Illegal = 3,
}

/// <summary>The answer to one input. <see cref="Status"/> is what holds afterwards; it is null only where the execution is
/// not known here and the input did not make it so.</summary>
public readonly record struct ExecutionTransition(TransitionKind Kind, ExecutionStatus? Status, string? Why = null)
{
    public bool IsApplied => Kind == TransitionKind.Applied;

    public bool IsIllegal => Kind == TransitionKind.Illegal;

    internal static ExecutionTransition To(ExecutionStatus status) => new(TransitionKind.Applied, status);

    internal static ExecutionTransition Same(ExecutionStatus? status) => new(TransitionKind.NoChange, status);

    internal static ExecutionTransition Refused(ExecutionStatus? status, string why) => new(TransitionKind.Illegal, status, why);
}
