using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Ids;

namespace Hanse.Audit.Witnessing;

/// <summary>How this node's log stands with its witnesses, and the logs of others with this node. Costs a few small reads.</summary>
public sealed class AuditStandings(CheckpointStore checkpoints, WitnessStore witnesses)
{
    public async Task<AuditStanding> ReadAsync(CancellationToken cancellation)
    {
        var newest = await checkpoints.NewestAsync(cancellation);
        var rows = await witnesses.WitnessesAsync(cancellation);
        var held = await witnesses.AllHeldAsync(cancellation);
        var breaks = await witnesses.BreaksAsync(cancellation);
        return new(
            newest is { Signed: var signed } ? CheckpointView.Of(signed) : null,
            [.. rows.Select(r => new WitnessView(r.Signer, r.Size, r.CosignedAt, r.Problem, r.ProblemAt))],
            [.. held.Select(h => new HeldLogView(h.Owner, IdText.Format(h.LogId), h.Size, h.SeenAt, h.FollowedBy is { } by ? IdText.Format(by) : null))],
            [.. breaks.Select(b => new LogBreakView(b.Owner, IdText.Format(b.LogId), b.Kind, b.Why, b.DetectedAt, b.HealedAt, b.Held, b.Shown))]);
    }
}

/// <param name="Checkpoint">The newest of the own log; null before the first.</param>
/// <param name="Witnesses">Who cosigns it, and who says something against it.</param>
/// <param name="Held">What this node holds of the logs of others.</param>
/// <param name="Breaks">For good: where such a log did not go on, newest first.</param>
public sealed record AuditStanding(
    CheckpointView? Checkpoint, IReadOnlyList<WitnessView> Witnesses, IReadOnlyList<HeldLogView> Held, IReadOnlyList<LogBreakView> Breaks)
{
    /// <summary>What is wrong now, a line each; empty when all is well.</summary>
    /// <param name="nameOf">How people call a node, from its identity.</param>
    public IReadOnlyList<string> Problems(Func<string, string> nameOf) =>
    [
        .. Witnesses.Where(w => w.Problem is not null).Select(w => $"{nameOf(w.Node)} does not cosign this log: {w.Problem}"),
        .. Breaks.Where(b => b is { Kind: LogBreak.Conflict, HealedAt: null }).Select(b => $"the log of {nameOf(b.Node)} is not the one that was seen: {b.Why}"),
    ];
}

/// <summary>A checkpoint as the API shows it; the note is what is signed and can be checked by anybody.</summary>
public sealed record CheckpointView(string Log, long Size, string Root, DateTimeOffset Time, IReadOnlyList<string> Signers, string Note)
{
    public static CheckpointView Of(SignedCheckpoint signed) => new(
        IdText.Format(signed.Checkpoint.Log), signed.Checkpoint.Size, Convert.ToHexStringLower(signed.Checkpoint.Root), signed.Checkpoint.Time,
        [.. signed.Signatures.Select(s => s.Signer)], signed.ToText());
}

/// <summary>A witness of the own log.</summary>
public sealed record WitnessView(string Node, long Size, DateTimeOffset? CosignedAt, string? Problem, DateTimeOffset? ProblemAt);

/// <summary>A log of another node as far as this one has seen it.</summary>
public sealed record HeldLogView(string Node, string Log, long Size, DateTimeOffset SeenAt, string? FollowedBy);

/// <summary>Where a log of another node did not go on. Kept for good, with both notes.</summary>
public sealed record LogBreakView(
    string Node, string Log, string Kind, string Why, DateTimeOffset DetectedAt, DateTimeOffset? HealedAt, string Held, string Shown);
