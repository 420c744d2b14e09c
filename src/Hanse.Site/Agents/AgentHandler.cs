using Google.Protobuf;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Commands.Api;
using Hanse.Site.Inventory.Api;
using Hanse.Site.Metrics.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>What agents may ask of their site. Each speaks for its own host alone; answers follow the durable write (invariant 4).</summary>
internal sealed partial class AgentHandler(
    AgentLinks links, PresenceDriver presence, IInventory inventory, ICommands commands, IMetrics metrics, DiskSpace space, ILogger<AgentHandler> logger)
    : ILinkHandler
{
    public void OnOpened(NodeLink link)
    {
        links.Add(Host(link), link);
        presence.Changed(Host(link));
    }

    public async ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation)
    {
        var host = Host(call.Link);
        try
        {
            return request switch
            {
                // U7: the agent keeps both and tells them again; outcomes are always taken.
                InventoryReport or OutputReport when space.Refusal() is { } full => LinkReply.Refuse(full),
                InventoryReport report => LinkReply.Of(await inventory.ReceiveAsync(host, report, cancellation)),
                ExecutionReport report => LinkReply.Of(await commands.ReportAsync(host, report, cancellation)),
                MetricsReport report => LinkReply.Of(metrics.Receive(host, report)),
                MetricsKeyRequest => LinkReply.Of(await metrics.GiveKeyAsync(host, cancellation)),
                OutputReport report => LinkReply.Of(await commands.StoreOutputAsync(host, report, cancellation)),
                _ => LinkReply.Refuse(ErrorCodes.UnknownMethod, $"The site does not answer {call.Method}."),
            };
        }
        catch (FormatException malformed)
        {
            return LinkReply.Refuse(ErrorCodes.MalformedMessage, malformed.Message);
        }
        catch (NpgsqlException away)
        {
            LogDatabase(host, call.Method, away.Message);
            return LinkReply.Refuse(DiskSpace.Explain(away));
        }
    }

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end)
    {
        LogEnded(Host(link), end.Error.Code);
        if (links.Remove(Host(link), link))
        {
            presence.Changed(Host(link));
        }

        return ValueTask.CompletedTask;
    }

    public void OnFault(NodeLink link, Method method, Exception fault) => LogFault(fault, Host(link), method);

    private static HostId Host(NodeLink link) => link.PeerIdentity.Host!.Value;

    [LoggerMessage(1, LogLevel.Debug, "Link of host {Host} ended: {Code}")]
    private partial void LogEnded(HostId host, string code);

    [LoggerMessage(2, LogLevel.Warning, "Host {Host}: {Method} is not stored: {Why}")]
    private partial void LogDatabase(HostId host, Method method, string why);

    [LoggerMessage(3, LogLevel.Error, "Handling {Method} of host {Host} failed")]
    private partial void LogFault(Exception fault, HostId host, Method method);
}
