using System.Net;
using System.Net.Sockets;

namespace Hanse.Chaos.Tests.Ground;

/// <summary>A server's address on the ground: passes bytes on to where the server listens, late or with losses when told to, or not at all. Loss is what TCP
/// makes of it: a piece arrives after a retransmission's wait, and now and then a connection is torn.</summary>
internal sealed class LinkRelay : IAsyncDisposable
{
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(250);

    private readonly IGround _ground;
    private readonly IPEndPoint _target;
    private readonly Random _dice;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private volatile TaskCompletionSource? _held;

    public LinkRelay(IGround ground, IPEndPoint target, Random dice)
    {
        (_ground, _target, _dice) = (ground, target, dice);
        _listener = ground.NewRelaySocket();
        _listener.Bind(new IPEndPoint(ground.RelayAddress, 0));
        _listener.Listen();
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _running.Add(AcceptAsync());
    }

    public IPEndPoint Address { get; }

    /// <summary>Longest delay of one piece.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Of a hundred pieces.</summary>
    public int LossPercent { get; set; }

    /// <summary>While set, connections stay open and nothing moves.</summary>
    public bool Held
    {
        set
        {
            if (value)
            {
                _held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            else
            {
                var held = _held;
                _held = null;
                held?.SetResult();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Held = false;
        _listener.Dispose();
        Task[] running;
        lock (_running)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var serving = ServeAsync(await _listener.AcceptAsync(_stop.Token));
                lock (_running)
                {
                    _running.RemoveAll(t => t.IsCompleted);
                    _running.Add(serving);
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using var far = _ground.NewRelaySocket();
        using (near)
        {
            try
            {
                (near.NoDelay, far.NoDelay) = (true, true);
                await far.ConnectAsync(_target, _stop.Token);
                await Task.WhenAny(PassAsync(near, far), PassAsync(far, near));
            }
            catch (Exception ended) when (IsEnd(ended))
            {
                // Nobody listens there just now.
            }
        }
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(), _stop.Token) is var count and > 0)
            {
                await HinderAsync();
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token);
                }
            }
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            // Torn on either side.
        }
    }

    private async Task HinderAsync()
    {
        if (_held is { } held)
        {
            await held.Task;
        }

        var (lost, late, torn) = (Roll(100) < LossPercent, Roll(1000) / 1000.0 * Delay, Roll(400) < LossPercent);
        if (torn)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }

        if (lost || late > TimeSpan.Zero)
        {
            await Task.Delay(late + (lost ? Retransmission : TimeSpan.Zero), TimeProvider.System, _stop.Token);
        }
    }

    private int Roll(int sides)
    {
        lock (_dice)
        {
            return _dice.Next(sides);
        }
    }

    private static bool IsEnd(Exception failure) => failure is SocketException or OperationCanceledException or ObjectDisposedException;
}
