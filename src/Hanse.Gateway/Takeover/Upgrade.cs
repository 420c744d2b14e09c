using System.Net;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Relay;

namespace Hanse.Gateway.Takeover;

/// <summary>Starts a relay with what a running gateway gives up, or anew, and gives everything on when the next one asks.</summary>
/// <remarks>Other parts register their sockets by name (<see cref="Register"/>), and ask for what their like had (<see cref="Given"/>) instead of binding.</remarks>
internal sealed class Upgrade(RelayPlane relay, RelayOptions options, GatewayLog log) : IDisposable
{
    private static readonly Task Never = new TaskCompletionSource().Task;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly List<(string Name, int Descriptor)> _others = [];
    private readonly List<(string Name, int Descriptor)> _given = [];
    private TakeoverServer? _server;

    /// <summary>Completes when the next process has everything: this one touches nothing more and ends.</summary>
    internal Task HandedOver => _server?.HandedOver ?? Never;

    /// <summary>While the process before stands still: what it has stored since this one started, which its connections rely on. When it throws, that process goes on.</summary>
    internal Func<Task>? Taking { get; init; }

    /// <summary>A socket that goes along with the listeners.</summary>
    internal void Register(string name, int descriptor)
    {
        lock (_others)
        {
            _others.Add((name, descriptor));
        }
    }

    /// <summary>Descriptors that the process before had registered under a name; empty after a start from nothing.</summary>
    internal IReadOnlyList<int> Given(string name) => [.. _given.Where(g => g.Name == name).Select(g => g.Descriptor)];

    /// <exception cref="IOException">The takeover failed and the running gateway goes on, or an address cannot be had.</exception>
    internal async Task StartAsync(IReadOnlyList<IPEndPoint> listen)
    {
        Rehearsal.Run();
        relay.Wake();
        if (!options.TakeOver || !await TryTakeOverAsync())
        {
            relay.Start(listen);
        }

        _server = new TakeoverServer(options.TakeoverSocket, relay, Others, log);
        try
        {
            _server.Start();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.Warning("no-takeover", "This gateway cannot be upgraded in place: its socket for that cannot be opened.", ("path", options.TakeoverSocket), ("reason", failure.Message));
        }

        Systemd.Ready();
    }

    public void Dispose() => _server?.Dispose();

    private async Task<bool> TryTakeOverAsync()
    {
        using var taken = TakenOver.Ask(options.TakeoverSocket, Patience);
        if (taken is null)
        {
            log.Information("nothing-to-take", "No gateway runs here to take over from; this one starts anew.", ("path", options.TakeoverSocket));
            return false;
        }

        if (Taking is { } take)
        {
            await take();
        }

        if (!taken.Accept())
        {
            throw new IOException("The running gateway has given up waiting for this one, and goes on. Try again when the machine has less to do.");
        }

        _given.AddRange(taken.Sockets);
        relay.Start(Given(TakeoverServer.Listener), taken.Connections);
        log.Information("taken-over", "This process goes on where the one before stood.", ("connections", $"{taken.Connections.Count}"), ("sockets", $"{taken.Sockets.Count}"));
        return true;
    }

    private IReadOnlyList<(string Name, int Descriptor)> Others()
    {
        lock (_others)
        {
            return [.. _others];
        }
    }
}
