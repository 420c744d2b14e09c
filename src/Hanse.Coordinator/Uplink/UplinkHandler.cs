using Google.Protobuf;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Audit.Witnessing;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Uplink;

/// <summary>What sites may ask of the coordinator: to take in what their outboxes hold. Answers follow the durable write (invariant 4).</summary>
internal sealed partial class UplinkHandler(
    OutboxIntake outbox, ISiteRegistry sites, ISiteRemoval removal, ISiteTrust trust, AuditWitness witness, ILogger<UplinkHandler> logger) : ILinkHandler
{
    private const int MaxVersion = 64;
    private const int MaxQueues = 16;
    private const int MaxActor = 100;
    private const int MaxReason = 1_000;

    /// <summary>The last millisecond of the year 9999.</summary>
    private const long LastInstant = 253_402_300_799_999;

    public void OnOpened(NodeLink link)
    {
        LogOpened(Site(link), link.Peer.Remote, link.Fence);
        sites.LinkOpened(Site(link), link);
    }

    public async ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation)
    {
        var (site, fence) = (Site(call.Link), (long)call.Link.Fence);
        try
        {
            return request switch
            {
                RecordBatch batch => Reply(await outbox.ApplyAsync(site, fence, batch, cancellation)),
                StateBatch batch => Reply(await outbox.ApplyAsync(site, fence, batch, cancellation)),
                SiteLeave leave => await LeaveAsync(site, leave, cancellation),
                SiteStatus status => await StatusAsync(site, status, cancellation),
                TrustReport report => await TrustAsync(site, report, cancellation),
                AuditCosign question => LinkReply.Of(await witness.CosignAsync(call.Link.PeerIdentity, question, cancellation)),
                _ => LinkReply.Refuse(ErrorCodes.UnknownMethod, $"The coordinator does not answer {call.Method}."),
            };
        }
        catch (FormatException malformed)
        {
            return LinkReply.Refuse(ErrorCodes.MalformedMessage, malformed.Message);
        }
        catch (SiteSuspendedException suspended)
        {
            return LinkReply.Refuse(ErrorCodes.SiteSuspended, suspended.Message);
        }
        catch (CoordinatorBusyException busy)
        {
            return LinkReply.Refuse(ErrorCodes.CoordinatorBusy, busy.Message);
        }
        catch (NpgsqlException away) when (away.IsTransient || away is not PostgresException)
        {
            return LinkReply.Refuse(ErrorCodes.DatabaseUnavailable, "The coordinator's database is away; try again.");
        }
    }

    public async ValueTask OnEndedAsync(NodeLink link, LinkEnd end)
    {
        LogEnded(Site(link), end.Error.Code, end.Error.Message);
        try
        {
            await sites.LinkEndedAsync(Site(link), link, end.Error, CancellationToken.None);
        }
        catch (NpgsqlException away)
        {
            LogEndNotStored(Site(link), away.Message); // the next link's fence settles it
        }
    }

    public void OnFault(NodeLink link, Method method, Exception fault) => LogFault(fault, Site(link), method);

    private async Task<LinkReply> StatusAsync(SiteId site, SiteStatus status, CancellationToken cancellation)
    {
        if (status.OldestRecordUnixMs is < 0 or > LastInstant || status.SoftwareVersion.Length > MaxVersion || status.SoftwareVersion.Any(char.IsControl)
            || Math.Max(Math.Max(status.HostCount, status.OnlineCount), Math.Max(status.QueueDepth, status.ObservedGeneration)) > long.MaxValue)
        {
            throw new FormatException("A status holds counts below 2^63, an instant up to the year 9999 and a version of at most 64 characters.");
        }

        if (status.Queues.Count > MaxQueues || status.Queues.Any(q => q.OldestUnixMs is < 0 or > LastInstant || Math.Max(q.Waiting, q.SetAside) > long.MaxValue)
            || status.ReplayMs > int.MaxValue * 1000UL)
        {
            throw new FormatException($"A status has at most {MaxQueues} queues, each with counts below 2^63 and an instant up to the year 9999.");
        }

        await sites.SetStatusAsync(site, status, cancellation);
        return LinkReply.Done;
    }

    /// <summary>Said twice it is refused: the site is removed by then, which is what it wished.</summary>
    private async Task<LinkReply> LeaveAsync(SiteId site, SiteLeave leave, CancellationToken cancellation)
    {
        if (leave.Actor.Length is 0 or > MaxActor || leave.Reason.Length > MaxReason || leave.Actor.Concat(leave.Reason).Any(char.IsControl))
        {
            throw new FormatException($"Leaving names an actor of at most {MaxActor} and a reason of at most {MaxReason} characters, each on one line.");
        }

        // The link stays for the answer; the site closes it, and another one is refused.
        return await removal.RemoveAsync(site.ToString(), leave.Reason, new($"site:{site}/{leave.Actor}"), cut: false, cancellation) is { } refusal
            ? LinkReply.Refuse(refusal)
            : LinkReply.Done;
    }

    private async Task<LinkReply> TrustAsync(SiteId site, TrustReport report, CancellationToken cancellation)
    {
        await trust.ReportAsync(site, report, cancellation);
        return LinkReply.Done;
    }

    private static LinkReply Reply(IMessage? receipt) => receipt is null
        ? LinkReply.Refuse(ErrorCodes.FenceOutdated, "A newer link or epoch of this site is in force; connect again.")
        : LinkReply.Of(receipt);

    private static SiteId Site(NodeLink link) => link.PeerIdentity.Site!.Value;

    [LoggerMessage(1, LogLevel.Information, "Site {Site} connected from {Remote} under fence {Fence}")]
    private partial void LogOpened(SiteId site, System.Net.EndPoint? remote, ulong fence);

    [LoggerMessage(2, LogLevel.Information, "Link of site {Site} ended: {Code}: {Message}")]
    private partial void LogEnded(SiteId site, string code, string message);

    [LoggerMessage(3, LogLevel.Warning, "The end of the link of site {Site} is not stored: {Why}")]
    private partial void LogEndNotStored(SiteId site, string why);

    [LoggerMessage(4, LogLevel.Error, "Handling {Method} of site {Site} failed")]
    private partial void LogFault(Exception fault, SiteId site, Method method);
}
