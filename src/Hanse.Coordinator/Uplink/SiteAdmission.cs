using Google.Protobuf;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Uplink;

/// <summary>Lets registered sites in, each under a new fence (L6) and with the epoch its outbox is in (U1).</summary>
internal sealed partial class SiteAdmission(
    NpgsqlDataSource database, ISites sites, ISiteRegistry registry, UplinkHandler handler, IFederation federation, ILogger<SiteAdmission> logger) : ILinkAdmission
{
    private static readonly TimeSpan Unregistered = TimeSpan.FromMinutes(5);

    public async ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation)
    {
        if (candidate.Identity.Site is not { } site)
        {
            return Refuse(ErrorCodes.NotTrusted, "Only sites link to the coordinator here.");
        }

        var row = await sites.FindAsync(site.ToString(), cancellation);
        if (row is null || row.Lifecycle is SiteLifecycle.Removed)
        {
            return Refuse(
                ErrorCodes.Unknown,
                "This site is not in the registry; it was removed, or the coordinator is another. Ask its administrator.", Unregistered);
        }

        if (candidate.Hello.Epoch.Length != 16)
        {
            return Refuse(ErrorCodes.MalformedMessage, "A site's hello carries its epoch: 16 bytes.");
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (!await MarkStore.EnsureEpochAsync(connection, site, new Guid(candidate.Hello.Epoch.Span, bigEndian: true), cancellation))
        {
            return Refuse(ErrorCodes.EpochOutdated, "The site's database is older than what it has sent: it must begin a new epoch (U6).");
        }

        await federation.LinkedAsync(site, cancellation);
        registry.SetSuspended(site, row.Lifecycle is SiteLifecycle.Suspended);
        var fence = await registry.RaiseFenceAsync(site, federation.Replica, candidate.Remote?.ToString() ?? "", cancellation);
        return new AdmissionDecision.Welcomed(handler)
        {
            Fence = (ulong)fence,
            Incarnation = ByteString.CopyFrom(federation.Incarnation.ToByteArray(bigEndian: true)),
            IncarnationNumber = federation.IncarnationNumber,
        };
    }

    public void OnFault(NodeIdentity peer, Exception fault) => LogFault(fault, peer);

    private static AdmissionDecision.Refused Refuse(string code, string message, TimeSpan retryAfter = default) =>
        new(LinkErrors.Of(code, message), retryAfter);

    [LoggerMessage(1, LogLevel.Error, "Deciding on the link of {Peer} failed")]
    private partial void LogFault(Exception fault, NodeIdentity peer);
}
