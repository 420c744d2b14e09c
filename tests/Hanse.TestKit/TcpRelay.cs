using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Hanse.TestKit;

/// <summary>A line between a client and its server on loopback: passes bytes on once it is mended, and can be cut again. What is cut sees its connection end, and nobody answers.</summary>
public sealed class TcpRelay : IDisposable
{
    private readonly ConcurrentDictionary<TcpClient, bool> _ends = new();
    private TcpListener? _listener;

    public TcpRelay()
    {
        var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
    }

    /// <summary>Where it is reached.</summary>
    public int Port { get; }

    /// <summary>Where it leads.</summary>
    public int Target { get; set; }

    /// <summary>From now on it answers.</summary>
    public void Mend()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _ = AcceptAsync(_listener);
    }

    /// <summary>Ends what passes, and refuses until it is mended.</summary>
    public void Cut()
    {
        _listener?.Stop();
        _listener = null;
        foreach (var end in _ends.Keys)
        {
            end.Close();
        }

        _ends.Clear();
    }

    public void Dispose() => Cut();

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var near = await listener.AcceptTcpClientAsync();
                var far = new TcpClient();
                (_ends[near], _ends[far]) = (true, true);
                _ = PassAsync(near, far);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task PassAsync(TcpClient near, TcpClient far)
    {
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, Target);
            await Task.WhenAny(near.GetStream().CopyToAsync(far.GetStream()), far.GetStream().CopyToAsync(near.GetStream()));
        }
        catch (Exception ended) when (ended is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // One of them is gone; so is the other.
        }

        near.Close();
        far.Close();
        _ends.TryRemove(near, out _);
        _ends.TryRemove(far, out _);
    }
}
