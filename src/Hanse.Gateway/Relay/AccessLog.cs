using System.Globalization;
using System.Threading.Channels;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Native;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>Who came, by which server name, and to which route: each Nth connection, and never so many that the log is the load. No payload.</summary>
/// <remarks>A worker leaves an entry and goes on; entries beyond the queue are dropped.</remarks>
internal sealed class AccessLog(int every, GatewayLog log)
{
    private const int MostASecond = 100;
    private readonly Channel<(string Client, string Name, string Route)> _entries =
        Channel.CreateBounded<(string, string, string)>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private int _count;
    private long _second;
    private int _thisSecond;

    internal void Routed(int client, ReadOnlySpan<char> name, Route route)
    {
        if (every == 0 || Interlocked.Increment(ref _count) % every != 0 || !HasRoom())
        {
            return;
        }

        _ = _entries.Writer.TryWrite((PeerOf(client), name.ToString(), route.Spec.Key));
    }

    /// <summary>Writes entries until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        var one = every.ToString(CultureInfo.InvariantCulture);
        try
        {
            await foreach (var (client, name, route) in _entries.Reader.ReadAllAsync(stop))
            {
                log.Information("routed", "A client was routed.", ("client", client), ("serverName", name), ("route", route), ("oneOf", one));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end.
        }
    }

    private static unsafe string PeerOf(int client)
    {
        var address = stackalloc byte[SocketAddress.Size];
        var length = (uint)SocketAddress.Size;
        return Linux.PeerName(client, address, &length) == 0 ? SocketAddress.Point(new ReadOnlySpan<byte>(address, SocketAddress.Size)).ToString() : "?";
    }

    private bool HasRoom()
    {
        var second = Environment.TickCount64 / 1000;
        if (Interlocked.Exchange(ref _second, second) != second)
        {
            Volatile.Write(ref _thisSecond, 0);
        }

        return Interlocked.Increment(ref _thisSecond) <= MostASecond;
    }
}
