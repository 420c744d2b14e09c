using Google.Protobuf;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Audit.Api;
using Hanse.Site.Commands.Api;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Inventory.Api;
using Hanse.Site.Metrics.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Uplink;

/// <summary>The site's inbox: what the coordinator may ask. An order is durable before it is answered (D2).</summary>
internal sealed partial class UplinkHandler(
    UplinkInbox inbox, DiskSpace space, ILogger<UplinkHandler> logger) : ILinkHandler
{
    public void OnOpened(NodeLink link)
    {
        LogOpened(link.Peer.Remote, link.Fence);
        inbox.Audit.LinkOpened(link);
    }

    public async ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation)
    {
        try
        {
            return request switch
            {
                CommandDispatch when space.RefusalOfWork() is { } full => LinkReply.Refuse(full), // U7: the coordinator tries again
                CommandDispatch dispatch => await DoneAsync(inbox.Commands.TakeAsync(dispatch, cancellation)),
                CommandCancel cancel => await DoneAsync(inbox.Commands.CancelAsync(cancel, cancellation)),
                DesiredState state => LinkReply.Of(await inbox.Desired.AcceptAsync(state, cancellation)),
                RenewNow => Renew(),
                HostDetailQuery query => Found(await inbox.Inventory.ReadAsync(HostId.FromBytes(query.HostId.Span), query.Section, cancellation)),
                HostRefresh refresh => await inbox.Refresh.AskAsync(HostId.FromBytes(refresh.HostId.Span), refresh.Sections, cancellation) is { } away
                    ? LinkReply.Refuse(away) : LinkReply.Done,
                HostMetricsQuery query => Found(await inbox.Metrics.ReadAsync(query, cancellation)),
                ExecutionOutputQuery query => Found(await inbox.Commands.ReadOutputAsync(query, cancellation)),
                AuditCosign question => LinkReply.Of(await inbox.Audit.CosignAsync(call.Link, question, cancellation)),
                SiteRecoveryQuery => LinkReply.Of(await inbox.Recovery.TellAsync(cancellation)),
                AuditHeldQuery => LinkReply.Of(await inbox.Audit.HeldAsync(call.Link, cancellation)),
                SiteLogRecover loss => LinkReply.Of(await inbox.Audit.RecoverAsync(loss, cancellation)),
                OutboxQuery query => LinkReply.Of(await ListAsync(query, cancellation)),
                OutboxEntryQuery query => Found(await inbox.Outbox.FindAsync(query.Id, cancellation)),
                OutboxSettlement wish => await inbox.OutboxDesk.SettleAsync(wish, cancellation) is { } refusal ? LinkReply.Refuse(refusal) : LinkReply.Done,
                DirectoryDigestQuery query => LinkReply.Of(await inbox.Digests.ReadAsync(query, cancellation)),
                DirectoryResend resend => await DoneAsync(inbox.Digests.ResendAsync(resend, cancellation)),
                HostRemove remove => await RemoveAsync(remove, cancellation),
                _ => LinkReply.Refuse(ErrorCodes.UnknownMethod, $"The site does not answer {call.Method}."),
            };
        }
        catch (FormatException malformed)
        {
            return LinkReply.Refuse(ErrorCodes.MalformedMessage, malformed.Message);
        }
        catch (NpgsqlException away)
        {
            LogDatabase(call.Method, away.Message);
            return LinkReply.Refuse(DiskSpace.Explain(away));
        }
    }

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end)
    {
        LogEnded(end.Error.Code, end.Error.Message);
        return ValueTask.CompletedTask;
    }

    public void OnFault(NodeLink link, Method method, Exception fault) => LogFault(fault, method);

    private Task<OutboxPage> ListAsync(OutboxQuery query, CancellationToken cancellation) =>
        query.Filter is "" or OutboxReadStore.SetAside or OutboxReadStore.Waiting
            ? inbox.Outbox.ListAsync(query.Filter, query.After, (int)Math.Clamp(query.Limit, 1, 1000), cancellation)
            : throw new FormatException("filter is set-aside, waiting or empty.");

    /// <summary>The coordinator asks for it, or has refused the certificate as ended.</summary>
    public LinkReply Renew()
    {
        inbox.Renewal.RenewNow();
        return LinkReply.Done;
    }

    private async ValueTask<LinkReply> RemoveAsync(HostRemove remove, CancellationToken cancellation) =>
        await inbox.Hosts.RemoveAsync(HostId.FromBytes(remove.HostId.Span), remove.Ban, remove.Actor, remove.Reason, cancellation)
            ? LinkReply.Done
            : LinkReply.Refuse(ErrorCodes.HostUnknown, "The site has no such host.", "hostId");

    private static async ValueTask<LinkReply> DoneAsync(Task work)
    {
        await work;
        return LinkReply.Done;
    }

    private static LinkReply Found(IMessage? answer) =>
        answer is null ? LinkReply.Refuse(ErrorCodes.NotFound, "The site has nothing under this name.") : LinkReply.Of(answer);

    [LoggerMessage(1, LogLevel.Information, "Linked to the coordinator at {Remote} under fence {Fence}")]
    private partial void LogOpened(System.Net.EndPoint? remote, ulong fence);

    [LoggerMessage(2, LogLevel.Information, "The link to the coordinator ended: {Code}: {Message}")]
    private partial void LogEnded(string code, string message);

    [LoggerMessage(3, LogLevel.Warning, "{Method} is not stored: {Why}")]
    private partial void LogDatabase(Method method, string why);

    [LoggerMessage(4, LogLevel.Error, "Handling {Method} failed")]
    private partial void LogFault(Exception fault, Method method);
}

/// <summary>The slices that what comes down is for.</summary>
internal sealed record UplinkInbox(ICommands Commands, IInventory Inventory, IMetrics Metrics, IHosts Hosts, IDesiredState Desired, ISiteRenewal Renewal, IAuditUplink Audit,
    OutboxReadStore Outbox, OutboxDeskStore OutboxDesk, IHostDigests Digests, RecoveryTeller Recovery, IInventoryRefresh Refresh);
