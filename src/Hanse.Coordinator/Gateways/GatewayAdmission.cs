using Google.Protobuf;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace Hanse.Coordinator.Gateways;

/// <summary>Lets registered gateways in. One that the registry does not know is told so; one that was removed for good is banned (T6).</summary>
internal sealed partial class GatewayAdmission(IGateways gateways, GatewayHandler handler, IFederation federation, ILogger<GatewayAdmission> logger) : ILinkAdmission
{
    private static readonly TimeSpan Apart = TimeSpan.FromMinutes(5);

    public async ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation)
    {
        var id = candidate.Identity.Gateway!.Value;
        switch ((await gateways.FindAsync(id.ToString(), cancellation))?.Lifecycle)
        {
            case GatewayLifecycle.Removed:
                return new AdmissionDecision.Refused(LinkErrors.Of(ErrorCodes.Banned, "This gateway was removed from the federation."), Apart);
            case not GatewayLifecycle.Enrolled:
                return new AdmissionDecision.Refused(LinkErrors.Of(
                    ErrorCodes.Unknown, "This gateway is not in the registry. It goes on with the routes it has; to be told new ones it must join again: hanse gateway invite"), Apart);
            default:
                break;
        }

        // A gateway that has seen this life's number, or a higher one, in another life would refuse its routes (U5).
        if (candidate.Hello is { IncarnationNumber: > 0, Incarnation.Length: 16 } seen && seen.IncarnationNumber >= federation.IncarnationNumber
            && new Guid(seen.Incarnation.Span, bigEndian: true) != federation.Incarnation)
        {
            await federation.OutliveAsync(seen.IncarnationNumber, cancellation);
        }

        await federation.LinkedAsync(id, cancellation);
        return new AdmissionDecision.Welcomed(handler)
        {
            Incarnation = ByteString.CopyFrom(federation.Incarnation.ToByteArray(bigEndian: true)), IncarnationNumber = federation.IncarnationNumber,
        };
    }

    public void OnFault(NodeIdentity peer, Exception fault) => LogFault(fault, peer);

    [LoggerMessage(1, LogLevel.Error, "Deciding on the link of {Peer} failed")]
    private partial void LogFault(Exception fault, NodeIdentity peer);
}
