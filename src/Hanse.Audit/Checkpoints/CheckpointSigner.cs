using Hanse.Protocol.Audit;

namespace Hanse.Audit.Checkpoints;

/// <summary>Signs how long the own log is (A3). The root comes from the frontier that grew with each entry: signing reads one row.</summary>
public sealed class CheckpointSigner(CheckpointStore store, IAuditIdentity identity, TimeProvider time)
{
    private SignedCheckpoint? _last;

    /// <summary>The newest state of the log, signed; null while there is no entry or this node has not joined. The same state gives the same note
    /// again. It is stored unless its size has a checkpoint already: if that one names another root, the two are shown to witnesses as they are.</summary>
    public async Task<(AuditHead Head, SignedCheckpoint Signed)?> SignAsync(CancellationToken cancellation)
    {
        if (identity.Credential is not { } credential || await store.HeadAsync(cancellation) is not { EntryCount: > 0 } head)
        {
            return null;
        }

        var root = MerkleFrontier.Parse((ulong)head.EntryCount, head.Frontier).Root();
        var last = _last;
        if (last is not null && last.Checkpoint.Log == head.LogId && last.Checkpoint.Size == head.EntryCount && last.Checkpoint.Root.AsSpan().SequenceEqual(root))
        {
            return (head, last);
        }

        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var checkpoint = new Checkpoint(credential.Identity, head.LogId, head.EntryCount, root, now);
        var signed = new SignedCheckpoint(checkpoint, [NoteSigner.Sign(checkpoint, credential, now)]);
        await store.AddCertificatesAsync(SignerCertificates.Of(credential), cancellation);
        await store.AddAsync(head.Ordinal, signed, cancellation);
        _last = signed;
        return (head, signed);
    }
}
