using System.Net;
using Hanse.Gateway.Control;
using Hanse.Gateway.Datagrams;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Relay;
using Hanse.Gateway.Routes;
using Hanse.Gateway.Takeover;
using Hanse.Protocol.Messages;

namespace Hanse.Gateway;

/// <summary>
/// A running gateway, from start to stop:
/// 1. routes from the disk: the machine's own file, and the coordinator's snapshot if it has joined (G1);
/// 2. the relay in front of them and datagrams beside it, anew or taken over from the process before;
/// 3. beside it, where there is one, the link to the coordinator, which brings other routes, and takes what is counted.
/// </summary>
internal sealed class GatewayNode : IDisposable
{
    private const string Datagrams = "datagrams";
    private static readonly IPEndPoint Everywhere = new(IPAddress.IPv6Any, 443);
    private readonly RunSettings _settings;
    private readonly GatewayLog _log;
    private readonly DateTimeOffset _started;
    private readonly CurrentRoutes? _snapshot;
    private readonly RelayPlane _relay;
    private readonly DatagramPlane _datagrams;
    private readonly RouteFeed _feed;
    private readonly List<Func<CancellationToken, Task>> _works;
    private TimeSpan? _drain;

    private GatewayNode(RunSettings settings, GatewayIdentity? identity, CurrentRoutes? snapshot, GatewayLog log, TimeProvider time)
    {
        (_settings, _snapshot, _log, _started) = (settings, snapshot, log, time.GetUtcNow());
        var book = new RouteBook();
        // A snapshot that is refused says nothing about which routes were removed.
        var isRefused = snapshot is { Value: null, Refused: > 0 };
        _relay = new RelayPlane(settings.Relay with { KeepsUnknownRoutes = isRefused }, book, log);
        // What was wished last, until the link says otherwise.
        Drain(snapshot?.Drain);
        _datagrams = new DatagramPlane(book, log);
        _feed = new RouteFeed(_relay.Swap, snapshot, new AddressResolver(Dns.GetHostAddressesAsync, time), log, time);
        _works = [_relay.RunAsync, _feed.RunAsync];
        var name = identity?.Name ?? Environment.MachineName;
        if (identity is not null)
        {
            var session = new CoordinatorSession(identity, snapshot!, _feed, Count, time, log);
            session.DrainWished += Drain;
            _works.Add(new CoordinatorLink(identity, settings.Folder, session, time, log).RunAsync);
        }

        if (settings.Collector is { } collector)
        {
            _works.Add(new MetricsDriver(collector, name, Count, time, log).RunAsync);
        }
    }

    /// <summary>What the data folder says; nothing runs yet.</summary>
    /// <exception cref="InvalidDataException">A file is damaged or missing.</exception>
    internal static GatewayNode Open(RunSettings settings, GatewayLog log, TimeProvider time)
    {
        if (GatewayIdentity.Open(settings.Folder) is not { } identity)
        {
            return new GatewayNode(settings, null, null, log, time);
        }

        var snapshot = CurrentRoutes.Open(settings.Folder.Routes, identity.Id, identity.Trust, out var fault);
        if (fault is not null)
        {
            log.Error("routes-refused", $"{fault.Message} It counts as none until the coordinator sends another.", ("code", fault.Code));
        }

        log.Information("identity", $"This is gateway {identity.Name}.", ("identity", identity.Credential.Value.Identity.ToString()));
        return new GatewayNode(settings, identity, snapshot, log, time);
    }

    /// <summary>The static routes are these from now on.</summary>
    internal Task SwapStaticAsync(IReadOnlyList<RouteSpec> routes, CancellationToken cancellation) => _feed.SetFileAsync(routes, cancellation);

    internal async Task RunAsync(CancellationToken stop)
    {
        await _feed.ApplyAsync(stop);
        IReadOnlyList<IPEndPoint> listen = _settings.Relay.Listen.Count > 0 ? _settings.Relay.Listen : [Everywhere];
        using var upgrade = new Upgrade(_relay, _settings.Relay, _log) { Taking = () => CatchUpAsync(stop) };
        await upgrade.StartAsync(listen);
        _datagrams.Start(_relay.Listeners, upgrade.Given(Datagrams));
        foreach (var socket in _datagrams.Sockets)
        {
            upgrade.Register(Datagrams, socket);
        }

        _log.Information("started", "The gateway relays.", ("listen", string.Join(' ', listen)), ("workers", $"{_settings.Relay.Workers}"));
        await WorkAsync(upgrade.HandedOver, stop);
        _log.Information("stopped", "The gateway ends.");
    }

    public void Dispose()
    {
        _datagrams.Dispose();
        _relay.Dispose();
    }

    /// <summary>The process before may have taken a snapshot or a wish to drain after this one read its folder; a connection of a route that is not known here would be cut.</summary>
    private async Task CatchUpAsync(CancellationToken stop)
    {
        if (_snapshot?.ReadAgain() is true)
        {
            Drain(_snapshot.Drain);
            await _feed.ApplyAsync(stop);
        }
    }

    /// <summary>The first to end ends all; so does the process that takes over.</summary>
    private async Task WorkAsync(Task handedOver, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = _works.Select(w => Task.Run(() => w(ending.Token), CancellationToken.None)).ToList();
        await Task.WhenAny([handedOver, .. running]);
        await ending.CancelAsync();
        foreach (var task in running)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                // Stopped as asked.
            }
        }
    }

    private GatewayReport Count()
    {
        var report = RelayReport.Of(_relay.Snapshot(), _datagrams.Counters, _started, _drain is not null);
        _feed.Describe(report);
        return report;
    }

    /// <summary>The same wish again changes nothing: the window goes on.</summary>
    private void Drain(TimeSpan? window)
    {
        if (window == _drain)
        {
            return;
        }

        _drain = window;
        if (window is { } over)
        {
            _log.Information("draining", "The coordinator wishes that this gateway drains: it accepts nothing any more.", ("window", over.ToString()));
            _relay.Drain(over);
        }
        else
        {
            _log.Information("resumed", "The gateway accepts again.");
            _relay.Resume();
        }
    }
}
