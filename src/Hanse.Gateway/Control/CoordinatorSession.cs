using Google.Protobuf;
using Hanse.Gateway.Logging;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Verification;

namespace Hanse.Gateway.Control;

/// <summary>A gateway's work on its link: it takes the state that the coordinator wishes, and tells what it counts. It answers after the durable write, so a state that
/// comes again changes nothing.</summary>
internal sealed class CoordinatorSession(GatewayIdentity identity, CurrentRoutes routes, RouteFeed feed, Func<GatewayReport> count, TimeProvider time, GatewayLog log)
    : ILinkClient, ILinkHandler
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    /// <summary>Raised with the window of a drain, or with null when there is none (any more).</summary>
    internal event Action<TimeSpan?>? DrainWished;

    public NodeIdentity Identity => identity.Credential.Value.Identity;

    public ILinkHandler Handler => this;

    public Protocol.Messages.Hello CreateHello()
    {
        var trust = identity.Trust.Value;
        return new Protocol.Messages.Hello
        {
            SoftwareVersion = Versions.Software, Capabilities = { Capabilities.OfLink }, Incarnation = trust.Incarnation, IncarnationNumber = Math.Max(trust.IncarnationNumber, routes.Value?.IncarnationNumber ?? 0),
        };
    }

    public ValueTask<Error?> OnWelcomeAsync(NodeIdentity server, Welcome welcome, CancellationToken cancellation) => ValueTask.FromResult<Error?>(null);

    /// <summary>Nothing is: nobody is there to start it again.</summary>
    public bool IsFinal(Error error) => false;

    public void OnOpened(NodeLink link)
    {
        log.Information("link-opened", "The link to the coordinator is up.");
        link.State = ReportAsync(link);
    }

    public async ValueTask OnEndedAsync(NodeLink link, LinkEnd end)
    {
        log.Warning("link-ended", end.Error.Message, ("code", end.Error.Code));
        if (link.State is Task reports)
        {
            await reports;
        }

        // Said on a link whose coordinator was verified.
        if (end.Kind == LinkEndKind.ClosedByPeer && end.Error.Code == ErrorCodes.Banned)
        {
            await ForgetAsync();
        }
    }

    public void OnFault(NodeLink link, Method method, Exception fault) => log.Error("handler-failed", fault.ToString(), ("method", method.ToString()));

    public async ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation)
    {
        if (request is not GatewayState state)
        {
            return LinkReply.Refuse(ErrorCodes.UnknownMethod, $"A gateway does not answer {call.Method}.");
        }

        if (state.Trust is null || TrustAnchors.FromWire(state.Trust) is not { } trust)
        {
            return LinkReply.Refuse(ErrorCodes.MalformedMessage, "The trust set cannot be read, or its revocations are not signed by the coordinator.");
        }

        TimeSpan? drain = state.Draining ? TimeSpan.FromMilliseconds(state.DrainWindowMs) : null;
        try
        {
            identity.Trust.Accept(trust);
            if (routes.Accept(state.Routes, drain) is { } refused)
            {
                log.Error("routes-refused", refused.Message, ("code", refused.Code));
                return LinkReply.Refuse(refused);
            }
        }
        catch (IOException failure)
        {
            log.Error("state-not-kept", $"The state could not be stored: {failure.Message} Free disk space.");
            return LinkReply.Refuse(ErrorCodes.InternalError, "The gateway could not store its state.");
        }

        await feed.ApplyAsync(cancellation);
        DrainWished?.Invoke(drain);
        var held = routes.Value!;
        return LinkReply.Of(new GatewayStateReceipt { IncarnationNumber = held.IncarnationNumber, Number = held.Number });
    }

    /// <summary>The federation has put this gateway out: what is left is the machine's own file.</summary>
    internal async Task ForgetAsync()
    {
        if (routes.Value is null)
        {
            return;
        }

        routes.Forget();
        log.Error("removed", "This gateway was removed from its federation: the coordinator's routes are gone. To join again: hanse-gateway reset, then hanse-gateway join.");
        await feed.ApplyAsync(CancellationToken.None);
    }

    private async Task ReportAsync(NodeLink link)
    {
        try
        {
            await Task.Yield();
            while (true)
            {
                if ((await link.RequestAsync<Empty>(Method.GatewayReport, count(), AnswerTime, link.Ended)).Error is { } refused)
                {
                    log.Warning("report-refused", refused.Message, ("code", refused.Code));
                }

                await Task.Delay(Interval, time, link.Ended);
            }
        }
        catch (Exception ended) when (ended is LinkException || (ended is OperationCanceledException && link.Ended.IsCancellationRequested))
        {
            // The link is gone; the next one goes on.
        }
    }
}
