using System.Net;
using System.Security.Cryptography;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay.Counting;
using Hanse.Gateway.Routes;
using Hanse.Gateway.Takeover;

namespace Hanse.Gateway.Relay;

/// <summary>The data plane: listeners, and workers that relay what comes in by the routes of a book. Everything here may be called from any thread.</summary>
internal sealed class RelayPlane : IDisposable
{
    private readonly EndTable _ends = new();
    private readonly List<Worker> _workers = [];
    private readonly RouteBook _book;
    private readonly RelayLimits _limits;
    private readonly AccessLog _access;
    private readonly HealthDriver _health;
    private int[] _listeners = [];
    private bool _givenAway;
    private TimeSpan? _drain;

    internal RelayPlane(RelayOptions options, RouteBook book, GatewayLog log)
    {
        _book = book;
        // Two descriptors a connection; a reserve for pipes, the link and files.
        var possible = Math.Max(1, (_ends.Capacity - 512) / 2);
        var most = options.MaxConnections == 0 ? possible : Math.Min(options.MaxConnections, possible);
        _limits = new RelayLimits(most, options, BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4)));
        _health = new HealthDriver(book, log, TimeProvider.System);
        _access = new AccessLog(options.AccessLogEvery, log);
        for (var i = 0; i < options.Workers; i++)
        {
            _workers.Add(new Worker(new WorkerState(i, options, _ends, book, _limits), _access));
        }
    }

    /// <summary>The descriptors it accepts from.</summary>
    internal IReadOnlyList<int> Listeners => _listeners;

    /// <summary>Relays until cancelled; what is open then is closed by the end of the process.</summary>
    internal Task RunAsync(CancellationToken stop) => Task.WhenAll(_access.RunAsync(stop), _health.RunAsync(stop));

    /// <summary>Opens the listeners and starts the workers.</summary>
    /// <exception cref="IOException">An address cannot be had.</exception>
    internal void Start(IReadOnlyList<IPEndPoint> listen) => Start([.. listen.Select(Listener.Open)], []);

    /// <summary>Has the workers wait for something to do, before connections that stand still wait for the workers.</summary>
    internal void Wake() => _workers.ForEach(w => w.Start());

    /// <summary>Starts the workers with listeners and connections that another process had.</summary>
    internal void Start(IReadOnlyList<int> listeners, IReadOnlyList<ConnectionRecord> connections)
    {
        Wake();
        _listeners = [.. listeners];
        var share = (connections.Count / _workers.Count) + 1;
        foreach (var (worker, records) in _workers.Zip(connections.Chunk(share)))
        {
            worker.Adopt(records);
        }

        if (_drain is { } window)
        {
            Drain(window);
        }
        else
        {
            Resume();
        }
    }

    /// <summary>Puts these routes in force; live connections of a route that is gone are cut (G1), those of one that changed go on.</summary>
    internal void Swap(IReadOnlyList<RouteSpec> routes)
    {
        foreach (var slot in _book.Swap(routes))
        {
            _workers.ForEach(w => w.Post(u => u.Cut(slot)));
        }
    }

    /// <summary>Accepts nothing new from now on, and ends what is relayed evenly over a window. Who comes is refused at once, so that he goes elsewhere.
    /// Before the start it has the relay start so.</summary>
    internal void Drain(TimeSpan window)
    {
        _drain = window;
        _workers.ForEach(w => w.Listen([]));
        Array.ForEach(_listeners, Listener.Deafen);
        _workers.ForEach(w => w.Post(u => u.Drain(window)));
    }

    /// <summary>Accepts again.</summary>
    internal void Resume()
    {
        _drain = null;
        Array.ForEach(_listeners, Listener.Hear);
        _workers.ForEach(w => w.Post(u => u.CancelDrain()));
        _workers.ForEach(w => w.Listen(_listeners));
    }

    /// <summary>Makes all workers stand still, so that what they hold can be given away.</summary>
    internal FrozenRelay Freeze() => new(_workers, _ends, _book, () => _givenAway = true);

    internal RelaySnapshot Snapshot()
    {
        var total = default(RouteCounters);
        var refusals = new long[Enum.GetValues<Refusal>().Length];
        var routes = new List<RouteSnapshot>();
        for (var slot = 0; slot < RouteBook.MostRoutes; slot++)
        {
            if (_book.Key(slot) is { } key)
            {
                var sum = default(RouteCounters);
                _workers.ForEach(w => sum.Add(in w.Counters.Route(slot)));
                total.Add(in sum);
                routes.Add(new RouteSnapshot(key, sum));
            }
        }

        for (var cause = 0; cause < refusals.Length; cause++)
        {
            refusals[cause] = _workers.Sum(w => w.Counters.Refused((Refusal)cause));
        }

        return new RelaySnapshot(_workers.Sum(w => w.Counters.Accepted), _workers.Sum(w => w.Counters.Greeting), total, refusals, routes);
    }

    public void Dispose()
    {
        if (_givenAway)
        {
            // Its workers stand still and everything they hold is another process's: the end of this one is all there is left to do.
            return;
        }

        _workers.ForEach(w => w.Stop());
        foreach (var listener in _listeners)
        {
            _ = Linux.Close(listener);
        }

        _workers.ForEach(w => w.Dispose());
        _ends.Dispose();
    }
}
