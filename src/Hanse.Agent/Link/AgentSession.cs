using Google.Protobuf;
using Hanse.Agent.Commands;
using Hanse.Agent.Inventory;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Verification;

namespace Hanse.Agent.Link;

/// <summary>
/// An agent as its link sees it: says hello with its link secret (J5), serves offers, cancels, refreshes, trust sets and paths, and for as long as a
/// link lives runs its drivers on it: inventory, execution reports, output, metrics. What a link does not deliver the next one does. Holds
/// no file and no timer of its own between links, so one process can hold thousands.
/// </summary>
public sealed class AgentSession : ILinkClient, ILinkHandler
{
    private readonly CurrentTrust _trust;
    private readonly IExecutor _executor;
    private readonly ILinkSecret _secret;
    private readonly AgentSessionOptions _options;
    private readonly LinkRouter _router;
    private readonly InventoryDriver _inventory;

    public AgentSession(
        NodeIdentity identity, CurrentTrust trust, IInventoryFeed inventory, IExecutor executor, ILinkSecret secret, AgentSessionOptions options)
    {
        (Identity, _trust, _executor, _secret, _options) = (identity, trust, executor, secret, options);
        _inventory = new InventoryDriver(inventory, options);
        _router = new LinkRouter(NodeKind.Agent)
            .On<ExecutionOffer>(Method.ExecutionOffer, (_, offer, _) => ValueTask.FromResult(Offer(offer)))
            .On<ExecutionCancel>(Method.ExecutionCancel, (_, cancel, _) => ValueTask.FromResult(Cancel(cancel)))
            .On<InventoryRefresh>(Method.InventoryRefresh, (_, refresh, _) => ValueTask.FromResult(Refresh(refresh)))
            .On<TrustSet>(Method.AgentTrust, (_, set, _) => ValueTask.FromResult(Accept(set)))
            .On<SitePaths>(Method.AgentPaths, (_, paths, _) => ValueTask.FromResult(Keep(paths)))
            .On<RenewNow>(Method.AgentRenew, (_, _, cancellation) => RenewAsync(cancellation));
    }

    public NodeIdentity Identity { get; }

    public ILinkHandler Handler => this;

    /// <summary>The methods this agent serves; a test holds them against the manifest.</summary>
    public LinkRouter Router => _router;

    /// <summary>Raised with true when a link opened, with false when it ended.</summary>
    public event Action<bool, Error?>? LinkChanged;

    public Hello CreateHello() => new()
    {
        LinkSecret = ByteString.CopyFrom(_secret.Value),
        SoftwareVersion = _options.SoftwareVersion,
    };

    public ValueTask<Error?> OnWelcomeAsync(NodeIdentity server, Welcome welcome, CancellationToken cancellation)
    {
        try
        {
            if (!welcome.LinkSecret.IsEmpty)
            {
                _secret.Replace(welcome.LinkSecret.ToByteArray());
            }

            return ValueTask.FromResult<Error?>(null);
        }
        catch (IOException failure)
        {
            _options.Log.Error("link-secret-not-kept", $"The link secret could not be stored: {failure.Message} Free disk space.");
            return ValueTask.FromResult<Error?>(LinkErrors.Of(ErrorCodes.InternalError, "The agent could not store its link secret."));
        }
    }

    /// <summary>Nothing is final for an agent: a ban is lifted, a clock corrected, and nobody is there to start it again.</summary>
    public bool IsFinal(Error error) => false;

    public void OnOpened(NodeLink link)
    {
        LinkChanged?.Invoke(true, null);
        var reports = new ReportDriver(_executor, Identity, _options);
        var output = new OutputDriver(_executor, _options);
        link.State = Task.WhenAll(
            RunAsync(link, "inventory", _inventory.RunAsync),
            RunAsync(link, "reports", reports.RunAsync),
            RunAsync(link, "output", output.RunAsync),
            _options.Metrics is { } feed ? RunAsync(link, "metrics", new MetricsDriver(feed, _options).RunAsync) : Task.CompletedTask);
    }

    public async ValueTask OnEndedAsync(NodeLink link, LinkEnd end)
    {
        if (link.State is Task drivers)
        {
            await drivers;
        }

        LinkChanged?.Invoke(false, end.Error);
    }

    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation) =>
        _router.HandleAsync(call, request, cancellation);

    public void OnFault(NodeLink link, Method method, Exception fault) =>
        _options.Log.Error("handler-failed", fault.ToString(), ("method", method.ToString()));

    private LinkReply Offer(ExecutionOffer offer)
    {
        if (offer.CommandId.Length != 16)
        {
            return LinkReply.Refuse(ErrorCodes.MalformedMessage, "A command id is 16 bytes.", "command_id");
        }

        var report = _executor.Offer(offer);
        return report.State == ExecutionState.Delivered
            ? LinkReply.Refuse(ErrorCodes.ExecutionWaiting, "The agent has the execution and will start it when its turn comes.")
            : Answer(report);
    }

    private LinkReply Cancel(ExecutionCancel cancel) => cancel.CommandId.Length != 16
        ? LinkReply.Refuse(ErrorCodes.MalformedMessage, "A command id is 16 bytes.", "command_id")
        : Answer(_executor.Cancel(CommandId.FromBytes(cancel.CommandId.Span)));

    private LinkReply Answer(ExecutionReport report)
    {
        report.HostId = Identity.Host!.Value.ToWire();
        return LinkReply.Of(report);
    }

    private LinkReply Refresh(InventoryRefresh refresh)
    {
        _inventory.Refresh(refresh.Sections);
        return LinkReply.Done;
    }

    private LinkReply Accept(TrustSet set)
    {
        if (TrustAnchors.FromWire(set) is not { } anchors)
        {
            return LinkReply.Refuse(ErrorCodes.MalformedMessage, "The trust set cannot be read, or its revocations are not signed by the coordinator.");
        }

        try
        {
            if (_trust.Accept(anchors))
            {
                _options.Log.Information("trust-changed", "A newer trust set is in force.");
            }

            return LinkReply.Done;
        }
        catch (IOException failure)
        {
            // The answer is the agent's word that it trusts these roots from now on, whatever happens to its machine (T4).
            _options.Log.Error("trust-not-kept", $"The trust set could not be stored: {failure.Message} Free disk space.");
            return LinkReply.Refuse(ErrorCodes.InternalError, "The agent could not store its trust set.");
        }
    }

    private LinkReply Keep(SitePaths paths)
    {
        try
        {
            return _options.KeepPaths?.Invoke(paths) != false
                ? LinkReply.Done
                : LinkReply.Refuse(ErrorCodes.MalformedMessage, $"A list of paths is at most {LinkProtocol.MostPaths} addresses, each as host:port.");
        }
        catch (IOException failure)
        {
            _options.Log.Error("paths-not-kept", $"The addresses of the site could not be stored: {failure.Message} Free disk space.");
            return LinkReply.Refuse(ErrorCodes.InternalError, "The agent could not store the addresses of its site.");
        }
    }

    private async ValueTask<LinkReply> RenewAsync(CancellationToken cancellation) =>
        _options.RenewNow is { } renew && await renew(cancellation)
            ? LinkReply.Done
            : LinkReply.Refuse(ErrorCodes.InternalError, "The agent could not renew its certificate; its log has the reason. It tries again by itself.");

    private async Task RunAsync(NodeLink link, string driver, Func<NodeLink, CancellationToken, Task> run)
    {
        try
        {
            await Task.Yield();
            await run(link, link.Ended);
        }
        catch (Exception ended) when (ended is LinkException || (ended is OperationCanceledException && link.Ended.IsCancellationRequested))
        {
            // The link is gone; the next one goes on.
        }
        catch (Exception fault)
        {
            _options.Log.Error("driver-failed", fault.ToString(), ("driver", driver));
            await link.CloseAsync(LinkErrors.Of(ErrorCodes.InternalError, $"The agent's {driver} driver failed."));
        }
    }
}
