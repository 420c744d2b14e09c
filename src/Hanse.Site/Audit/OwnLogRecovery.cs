using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Witnessing;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Audit;

/// <summary>Lets the log of a restored site go on (A4): its coordinator hands on an administrator's word and the checkpoint that it holds. Only one that this site has
/// signed itself, and that its log does not go on from, ends the log.</summary>
internal sealed class OwnLogRecovery(LogRecovery recovery, IAuditIdentity identity)
{
    /// <exception cref="FormatException">The note is no checkpoint that this site signed.</exception>
    public async Task<SiteLogRecovered> RecoverAsync(SiteLogRecover request, CancellationToken cancellation)
    {
        var certificates = SignerCertificates.OfDer(request.Certificates.Select(c => c.ToByteArray()));
        var seen = NoteSigner.OfOwner(request.Note, identity.Credential?.Identity, certificates, identity.Trust.Roots)
            ?? throw new FormatException("The note is no checkpoint that this site signed.");
        var actor = new AuditActor(request.Actor, request.Account.Length > 0 ? request.Account : null);
        return await recovery.RecoverAsync([seen], actor, request.Reason, cancellation) is { Entry: var entry }
            ? new() { PreviousLog = IdText.Format(entry.Previous), KeptEntries = (ulong)entry.KeptEntries, LostEntries = (ulong)entry.Lost }
            : new();
    }
}
