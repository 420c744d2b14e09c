using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Coordinator.Commands.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Recovery.Api;
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
    NpgsqlDataSource database, SiteDirectory sites, UplinkHandler handler, IFederation federation, IRecovery recovery, ICommandReplay replay,
    ILogger<SiteAdmission> logger) : ILinkAdmission
{
    private static readonly TimeSpan Unregistered = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Recovering = TimeSpan.FromSeconds(5);

    public async ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation)
    {
        if (candidate.Identity.Site is not { } site)
        {
            return Refuse(ErrorCodes.NotTrusted, "Only sites link to the coordinator here.");
        }

        var row = await sites.Registered.FindAsync(site.ToString(), cancellation);
        if (row is null && federation.IsRecovering && candidate.Transport is X509Certificate2 leaf && federation.IssuerOf(leaf) is { } intermediate)
        {
            await recovery.NoteUnknownAsync(site, intermediate.RawData, cancellation);
            return Refuse(
                ErrorCodes.Recovering, "The coordinator was restored and does not know this site any more. Its administrator is asked: hanse recovery show", Recovering);
        }

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

        if (candidate.Hello is { IncarnationNumber: > 0, Incarnation.Length: 16 } seen && seen.IncarnationNumber >= federation.IncarnationNumber
            && new Guid(seen.Incarnation.Span, bigEndian: true) != federation.Incarnation)
        {
            await federation.OutliveAsync(seen.IncarnationNumber, cancellation);
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        var epoch = new Guid(candidate.Hello.Epoch.Span, bigEndian: true);
        var restored = await MarkStore.IsAnotherEpochAsync(connection, site, epoch, cancellation);
        if (!await MarkStore.EnsureEpochAsync(connection, site, epoch, cancellation))
        {
            return Refuse(ErrorCodes.EpochOutdated, "The site's database is older than what it has sent: it must begin a new epoch (U6).");
        }

        if (restored)
        {
            await replay.ReplayAsync(connection, site, cancellation);
        }

        await federation.LinkedAsync(site, cancellation);
        sites.Links.SetSuspended(site, row.Lifecycle is SiteLifecycle.Suspended);
        var fence = await sites.Links.RaiseFenceAsync(site, federation.Replica, candidate.Remote?.ToString() ?? "", cancellation);
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

/// <summary>The sites as they are registered and as they are linked.</summary>
internal sealed record SiteDirectory(ISites Registered, ISiteRegistry Links);
