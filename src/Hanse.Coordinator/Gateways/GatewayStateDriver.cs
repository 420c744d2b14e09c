using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Google.Protobuf;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Gateways;

/// <summary>Tells each gateway its state when its link comes up, and again when something of it changed: a site that joined is routed within
/// two seconds, whichever replica let it in. The state is made from the tables at the moment of sending; a snapshot has a new number only if its content is new.</summary>
internal sealed partial class GatewayStateDriver(
    GatewayStore gateways, ISites sites, GatewayLinks links, IFederation federation, CoordinatorOptions options, TimeProvider time, ILogger<GatewayStateDriver> logger)
{
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);
    private readonly Channel<GatewayId> _due = Channel.CreateUnbounded<GatewayId>();
    private readonly ConcurrentDictionary<GatewayId, (NodeLink Link, string State)> _told = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        links.CameOnline += Tell;
        federation.TrustChanged += ForgetTold;
        try
        {
            await Task.WhenAll(SendDueAsync(cancellation), RecheckAsync(cancellation));
        }
        finally
        {
            links.CameOnline -= Tell;
            federation.TrustChanged -= ForgetTold;
        }
    }

    /// <summary>Something of the gateway's state has changed: do not wait for the next look.</summary>
    public void Tell(GatewayId gateway) => _due.Writer.TryWrite(gateway);

    /// <summary>Roots or bans are part of each state.</summary>
    private void ForgetTold()
    {
        _told.Clear();
        foreach (var gateway in links.Connected)
        {
            Tell(gateway);
        }
    }

    private async Task SendDueAsync(CancellationToken cancellation)
    {
        await foreach (var gateway in _due.Reader.ReadAllAsync(cancellation))
        {
            try
            {
                await SendAsync(gateway, cancellation);
            }
            catch (NpgsqlException away)
            {
                LogNotSent(gateway, away.Message);
            }
        }
    }

    private async Task RecheckAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(Recheck, time, cancellation);
            foreach (var gateway in _due.Reader.Count == 0 ? links.Connected : []) // nothing piles up behind a gateway that does not answer
            {
                Tell(gateway);
            }
        }
    }

    private async Task SendAsync(GatewayId id, CancellationToken cancellation)
    {
        if (links.Find(id) is not { } link || await gateways.FindAsync(id.ToString(), cancellation) is not { Lifecycle: GatewayLifecycle.Enrolled } gateway)
        {
            return;
        }

        var content = new RouteSnapshot { FederationId = federation.Id.ToWire(), GatewayId = id.ToWire(), IncarnationNumber = federation.IncarnationNumber };
        content.Routes.AddRange(GatewayRoutePlanner.Plan(gateway, await sites.ListAsync(cancellation), GatewayRoutePlanner.Coordinator(options)));
        var digest = SHA256.HashData(content.ToByteArray());
        var wish = $"{Convert.ToHexString(digest)} {gateway.Draining} {gateway.DrainWindowMs} {gateway.Name}";
        if (_told.TryGetValue(id, out var told) && told == (link, wish))
        {
            return;
        }

        content.Number = (ulong)await gateways.NumberAsync(id, digest, cancellation);
        content.IssuedUnixS = time.GetUtcNow().ToUnixTimeSeconds();
        var state = new GatewayState
        {
            Trust = federation.TrustForNodes(), Routes = federation.Sign(content), Name = gateway.Name, Draining = gateway.Draining,
            DrainWindowMs = (uint)gateway.DrainWindowMs,
        };
        if (await AskAsync(link, state, cancellation) is { } failure)
        {
            LogNotSent(id, failure.Message);
            await gateways.FailedAsync(id, failure, cancellation);
            return;
        }

        _told[id] = (link, wish);
        await gateways.ObservedAsync(id, (long)content.Number, cancellation);
        LogSent(id, content.Number, content.Routes.Count);
    }

    private static async Task<Error?> AskAsync(NodeLink link, GatewayState state, CancellationToken cancellation)
    {
        try
        {
            return (await link.RequestAsync<GatewayStateReceipt>(Method.GatewayState, state, AnswerTime, cancellation)).Error;
        }
        catch (LinkException broken)
        {
            return LinkErrors.Of(Protocol.Errors.ErrorCodes.LinkBroken, broken.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Gateway {Gateway} did not take its state: {Why}")]
    private partial void LogNotSent(GatewayId gateway, string why);

    [LoggerMessage(2, LogLevel.Information, "Gateway {Gateway} holds snapshot {Number} with {Routes} routes")]
    private partial void LogSent(GatewayId gateway, ulong number, int routes);
}
