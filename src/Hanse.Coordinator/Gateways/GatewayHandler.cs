using Google.Protobuf;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Gateways;

/// <summary>What gateways may ask of the coordinator: to take note of how they are. The newest report counts, so one that comes twice changes nothing.</summary>
internal sealed partial class GatewayHandler(GatewayLinks links, GatewayStore store, ILogger<GatewayHandler> logger) : ILinkHandler
{
    private const int MaxRoutes = 2_000;
    private const int MaxNamed = 64;
    private const int MaxConflicts = 100;
    private const int MaxText = 300;

    public void OnOpened(NodeLink link)
    {
        LogOpened(Gateway(link), link.Peer.Remote);
        links.Add(Gateway(link), link);
    }

    public async ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation)
    {
        if (request is not GatewayReport report)
        {
            return LinkReply.Refuse(ErrorCodes.UnknownMethod, $"The coordinator does not answer {call.Method}.");
        }

        if (!IsWellFormed(report))
        {
            return LinkReply.Refuse(
                ErrorCodes.MalformedMessage,
                $"A report has at most {MaxRoutes} routes, {MaxNamed} named counts of each kind and {MaxConflicts} conflicts, with texts of {MaxText} characters on one line.");
        }

        try
        {
            await store.ReportAsync(Gateway(call.Link), report, cancellation);
            return LinkReply.Done;
        }
        catch (NpgsqlException away) when (away.IsTransient || away is not PostgresException)
        {
            return LinkReply.Refuse(ErrorCodes.DatabaseUnavailable, "The coordinator's database is away; try again.");
        }
    }

    public async ValueTask OnEndedAsync(NodeLink link, LinkEnd end)
    {
        LogEnded(Gateway(link), end.Error.Code, end.Error.Message);
        if (!links.Remove(Gateway(link), link))
        {
            return;
        }

        try
        {
            await store.FailedAsync(Gateway(link), end.Error, CancellationToken.None);
        }
        catch (NpgsqlException away)
        {
            LogEndNotStored(Gateway(link), away.Message); // for people only
        }
    }

    public void OnFault(NodeLink link, Method method, Exception fault) => LogFault(fault, Gateway(link), method);

    private static bool IsWellFormed(GatewayReport report) =>
        report.Routes.Count <= MaxRoutes && report.Refusals.Count <= MaxNamed && report.Datagrams.Count <= MaxNamed && report.Conflicts.Count <= MaxConflicts
        && report.StartedUnixMs is >= 0 and < 253_402_300_799_999
        && report.Routes.Select(r => r.Name).Concat(report.Refusals.Select(r => r.Name)).Concat(report.Datagrams.Select(d => d.Name)).Concat(report.Conflicts)
            .Append(report.SoftwareVersion).All(text => text.Length <= MaxText && !text.Any(char.IsControl));

    private static GatewayId Gateway(NodeLink link) => link.PeerIdentity.Gateway!.Value;

    [LoggerMessage(1, LogLevel.Information, "Gateway {Gateway} connected from {Remote}")]
    private partial void LogOpened(GatewayId gateway, System.Net.EndPoint? remote);

    [LoggerMessage(2, LogLevel.Information, "Link of gateway {Gateway} ended: {Code}: {Message}")]
    private partial void LogEnded(GatewayId gateway, string code, string message);

    [LoggerMessage(3, LogLevel.Warning, "The end of the link of gateway {Gateway} is not stored: {Why}")]
    private partial void LogEndNotStored(GatewayId gateway, string why);

    [LoggerMessage(4, LogLevel.Error, "Handling {Method} of gateway {Gateway} failed")]
    private partial void LogFault(Exception fault, GatewayId gateway, Method method);
}
