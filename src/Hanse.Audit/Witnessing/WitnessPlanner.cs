using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Audit;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Audit.Witnessing;

/// <summary>Judges a checkpoint by what is held of its owner's logs (A3, A4). Pure.</summary>
internal static class WitnessPlanner
{
    /// <param name="shown">Signed by its owner, which was checked.</param>
    /// <param name="request">Its proofs.</param>
    /// <param name="logs">What is held of this owner, oldest first.</param>
    public static WitnessVerdict Judge(Checkpoint shown, AuditCosign request, IReadOnlyList<HeldLog> logs)
    {
        if (logs.Count == 0)
        {
            return new WitnessVerdict.Consistent();
        }

        var current = logs.Last(l => l.FollowedBy is null);
        if (shown.Log == current.LogId)
        {
            return JudgeSame(shown, request, Read(current));
        }

        if (logs.Any(l => l.LogId == shown.Log))
        {
            return new WitnessVerdict.Conflict($"it goes back to log {IdText.Format(shown.Log)}, which log {IdText.Format(current.LogId)} followed.");
        }

        return JudgeNew(shown, request, Read(current));
    }

    private static WitnessVerdict JudgeSame(Checkpoint shown, AuditCosign request, Checkpoint held)
    {
        if (shown.Size < held.Size)
        {
            return new WitnessVerdict.Conflict($"it has {shown.Size} entries now and had {held.Size} at {held.Time:u}: entries were dropped from its end.");
        }

        if (shown.Size == held.Size)
        {
            return shown.Root.AsSpan().SequenceEqual(held.Root)
                ? new WitnessVerdict.Consistent()
                : new WitnessVerdict.Conflict($"its {held.Size} entries are not those it had at {held.Time:u}: some were changed.");
        }

        if (request.FromSize != (ulong)held.Size)
        {
            return new WitnessVerdict.OtherSize();
        }

        return MerkleProof.VerifyConsistency((ulong)held.Size, (ulong)shown.Size, held.Root, shown.Root, [.. request.Consistency.Select(h => h.ToByteArray())])
            ? new WitnessVerdict.Consistent()
            : new WitnessVerdict.Conflict($"it does not begin with the {held.Size} entries that it had at {held.Time:u}: it was forked or rewritten.");
    }

    private static WitnessVerdict JudgeNew(Checkpoint shown, AuditCosign request, Checkpoint held)
    {
        if (request.FirstEntry.IsEmpty)
        {
            return new WitnessVerdict.OtherSize();
        }

        if (RecoveryEntry.Read(request.FirstEntry.Memory).FirstOrDefault(l => l.Log == held.Log) is not { } followed
            || !MerkleProof.VerifyInclusion(
                0, (ulong)shown.Size, MerkleHash.Leaf(request.FirstEntry.Span), [.. request.FirstPath.Select(h => h.ToByteArray())], shown.Root))
        {
            return Unexplained(shown, held);
        }

        var admitted = followed.Size < held.Size ? $" It admits {followed.Size} entries where {held.Size} were seen." : "";
        return new WitnessVerdict.Follows(
            held.Log, $"after a loss it goes on as log {IdText.Format(shown.Log)}; of log {IdText.Format(held.Log)} {held.Size} entries were seen.{admitted}");
    }

    private static WitnessVerdict.Conflict Unexplained(Checkpoint shown, Checkpoint held) => new(
        $"it is another log, {IdText.Format(shown.Log)}, and its first entry does not say that it follows log {IdText.Format(held.Log)} of {held.Size} entries.");

    private static Checkpoint Read(HeldLog held) => SignedCheckpoint.TryParse(held.Note, out var signed)
        ? signed.Checkpoint
        : throw new InvalidDataException($"The checkpoint held of {held.Owner} is damaged in this node's database.");
}

/// <summary>What a witness makes of a checkpoint.</summary>
internal abstract record WitnessVerdict
{
    private WitnessVerdict()
    {
    }

    /// <summary>It goes on from what is held, or nothing is held yet.</summary>
    public sealed record Consistent : WitnessVerdict;

    /// <summary>The proof starts elsewhere: the asker is told what is held and asks again.</summary>
    public sealed record OtherSize : WitnessVerdict;

    /// <summary>A log that says openly which one it follows (A4).</summary>
    public sealed record Follows(Guid Previous, string Why) : WitnessVerdict;

    public sealed record Conflict(string Why) : WitnessVerdict;
}
