using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Accepting;

/// <summary>A server to which several kinds of nodes link: each kind has its own admission. A kind without one is refused.</summary>
public sealed class AdmissionByKind(IReadOnlyDictionary<NodeKind, ILinkAdmission> admissions) : ILinkAdmission
{
    public ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation) =>
        admissions.TryGetValue(candidate.Identity.Kind, out var admission)
            ? admission.AdmitAsync(candidate, cancellation)
            : ValueTask.FromResult<AdmissionDecision>(new AdmissionDecision.Refused(
                LinkErrors.Of(ErrorCodes.NotTrusted, $"Only these link here: {string.Join(", ", admissions.Keys)}.")));

    public void OnFault(NodeIdentity peer, Exception fault) => admissions[peer.Kind].OnFault(peer, fault);
}
