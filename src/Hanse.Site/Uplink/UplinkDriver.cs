using Google.Protobuf;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Uplink.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Uplink;

/// <summary>Keeps the site's link to the coordinator for as long as the site runs, and drains the outbox over it. The site needs
/// none of this to work (invariant 2). (1) wait until the site has joined; (2) keep a link in the outbox's epoch; (3) while it is up run
/// the drainers and tell the status; (4) when only a new epoch helps, begin one (U6) and go on at 2.</summary>
internal sealed partial class UplinkDriver(
    ISiteIdentity identity, RecordStore records, RecordDriver recordDriver, StateDriver stateDriver, StatusDriver statusDriver,
    UplinkHandler handler, UplinkServices services) : ILinkHandler, IUplinkStatus, ICoordinatorChannel
{
    private LinkKeeper? _keeper;
    private Guid _epoch;

    public LinkStatus? Link => _keeper?.Status;

    public bool IsOpen => _keeper?.Link is not null;

    public event Action? Opened;

    public Task<QueueDepth> DepthAsync(CancellationToken cancellation) => stateDriver.DepthAsync(cancellation);

    public async Task<LinkResult<T>?> AskAsync<T>(Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, IMessage<T>, new()
    {
        try
        {
            return _keeper?.Link is { } link ? await link.RequestAsync<T>(method, request, timeLeft, cancellation) : null;
        }
        catch (LinkException)
        {
            return null; // as the caller is told: what became of it is unknown
        }
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        // 1
        var self = await identity.JoinedAsync(cancellation);
        _epoch = await records.GetEpochAsync(cancellation);
        while (!cancellation.IsCancellationRequested)
        {
            // 2
            var client = new UplinkClient(self.Identity, _epoch, records, services.SoftwareVersion, this);
            var dialer = new LinkDialer(identity.CoordinatorTls(), services.Greeter, services.Time);
            _keeper = new LinkKeeper(stop => DialAsync(dialer, client, stop), client, services.Backoff, services.Random, services.Time);
            if (await _keeper.RunAsync(cancellation) is { Code: ErrorCodes.EpochOutdated })
            {
                // 4
                _epoch = await records.BeginEpochAsync(cancellation);
                LogNewEpoch(services.Logger, _epoch);
            }
        }
    }

    private async Task<DialResult> DialAsync(LinkDialer dialer, UplinkClient client, CancellationToken cancellation)
    {
        var result = await dialer.DialAsync(identity.Coordinator, client, cancellation);
        if (result is DialResult.Unreachable { Error.Code: ErrorCodes.NotTrusted })
        {
            try
            {
                await identity.RecoverTrustAsync(cancellation);
            }
            catch (IOException refused)
            {
                LogNotRecovered(services.Logger, refused.Message);
            }
        }

        if (result is DialResult.Refused { Error.Code: ErrorCodes.CertificateExpired or ErrorCodes.ClockSkew })
        {
            // T6: it returns by its old key, also when this clock thinks that nothing is wrong.
            handler.Renew();
        }

        return result;
    }

    public void OnOpened(NodeLink link)
    {
        handler.OnOpened(link);
        Opened?.Invoke();
        _ = DrainAsync(link);
    }

    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation) =>
        handler.HandleAsync(call, request, cancellation);

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end) => handler.OnEndedAsync(link, end);

    public void OnFault(NodeLink link, Method method, Exception fault) => handler.OnFault(link, method, fault);

    // 3
    private async Task DrainAsync(NodeLink link)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(link.Ended);
        try
        {
            var draining = recordDriver.RunAsync(link, _epoch, stop.Token);
            var ended = await Task.WhenAny(draining, stateDriver.RunAsync(link, _epoch, stop.Token), statusDriver.RunAsync(link, stop.Token));
            await stop.CancelAsync();
            await ended;
            await link.CloseAsync(LinkErrors.Of(ErrorCodes.EpochOutdated, "The coordinator's mark is not of this database."));
        }
        catch (Exception gone) when (gone is LinkException or OperationCanceledException)
        {
            // The link ended; the keeper dials again and draining starts from the coordinator's mark.
        }
        catch (NpgsqlException away)
        {
            LogDatabase(services.Logger, away.Message);
            await link.CloseAsync(LinkErrors.Of(ErrorCodes.DatabaseUnavailable, "The site's database is away."));
        }
        catch (Exception fault) // nobody awaits this: a link that no longer drains must not look alive
        {
            LogFault(services.Logger, fault);
            await link.CloseAsync(LinkErrors.Of(ErrorCodes.InternalError, "The site's outbox failed; its log has the reason."));
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The outbox goes on in the new epoch {Epoch}")]
    private static partial void LogNewEpoch(ILogger logger, Guid epoch);

    [LoggerMessage(4, LogLevel.Error, "The coordinator's new root could not be stored: {Why}")]
    private static partial void LogNotRecovered(ILogger logger, string why);

    [LoggerMessage(3, LogLevel.Error, "Draining the outbox failed")]
    private static partial void LogFault(ILogger logger, Exception fault);

    [LoggerMessage(2, LogLevel.Warning, "The outbox cannot be read: {Why}")]
    private static partial void LogDatabase(ILogger logger, string why);
}

/// <summary>What the uplink takes from the process.</summary>
internal sealed record UplinkServices(
    LinkGreeter Greeter, BackoffOptions Backoff, Random Random, TimeProvider Time, string SoftwareVersion, ILogger<UplinkDriver> Logger);
