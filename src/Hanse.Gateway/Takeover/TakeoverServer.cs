using System.Diagnostics;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay;

namespace Hanse.Gateway.Takeover;

/// <summary>Waits for a newcomer that takes over: listeners, named sockets and every live connection, passed by descriptor over a socket only this account can open.</summary>
/// <remarks>The workers stand still from the first message to <c>Taken</c>. A newcomer that dies or dawdles before that has changed nothing: they go on.</remarks>
internal sealed class TakeoverServer(string path, RelayPlane relay, Func<IReadOnlyList<(string Name, int Descriptor)>> others, GatewayLog log) : IDisposable
{
    /// <summary>The name of the sockets that accept TCP.</summary>
    internal const string Listener = "tcp";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly TaskCompletionSource _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _listener = -1;
    private volatile bool _closed;

    /// <summary>Completes when a newcomer has everything; this process must then touch nothing, and end.</summary>
    internal Task HandedOver => _handedOver.Task;

    /// <exception cref="IOException">The path cannot be had.</exception>
    internal void Start()
    {
        _listener = DescriptorChannel.Listen(path);
        new Thread(Serve) { Name = "takeover", IsBackground = true }.Start();
    }

    public void Dispose()
    {
        _closed = true;
        if (_listener >= 0)
        {
            _ = Linux.Shutdown(_listener, 2);
            _ = Linux.Close(_listener);
        }
    }

    private void Serve()
    {
        while (!HandedOver.IsCompleted)
        {
            using var channel = DescriptorChannel.Accept(_listener, Patience);
            if (channel is null)
            {
                if (_closed)
                {
                    return;
                }

                continue;
            }

            if (channel.Receive() is not var (message, descriptors) || descriptors.Length > 0 || TakeoverFormat.Open(message)?.Kind != TakeoverFormat.Ask)
            {
                _ = channel.Send(TakeoverFormat.Plain(TakeoverFormat.Refused), []);
                continue;
            }

            HandOver(channel);
        }
    }

    private void HandOver(DescriptorChannel channel)
    {
        var began = Stopwatch.GetTimestamp();
        using var still = relay.Freeze();
        var connections = still.Connections();
        if (Give(channel, connections) && IsTaken(channel))
        {
            still.Keep();
            log.Information("handed-over", "Another process has taken over.", ("connections", $"{connections.Count}"), ("stoodStillMs", $"{Stopwatch.GetElapsedTime(began).TotalMilliseconds:0}"));
            _handedOver.TrySetResult();
            return;
        }

        log.Warning("takeover-failed", "A process that began to take over ended before it had everything; this one goes on.", ("connections", $"{connections.Count}"));
    }

    private bool Give(DescriptorChannel channel, IReadOnlyList<ConnectionRecord> connections)
    {
        IReadOnlyList<(string Name, int Descriptor)> sockets = [.. relay.Listeners.Select(l => (Listener, l)), .. others()];
        return channel.Send(TakeoverFormat.OfSockets([.. sockets.Select(s => s.Name)]), [.. sockets.Select(s => s.Descriptor)])
            && TakeoverFormat.OfConnections(connections).All(m => channel.Send(m.Message, m.Descriptors))
            && channel.Send(TakeoverFormat.End(connections.Count), []);
    }

    /// <summary>True when the newcomer has said so. When its time is over it can say nothing more, and what it said until then counts.</summary>
    private static bool IsTaken(DescriptorChannel channel)
    {
        var answer = channel.Receive();
        if (answer is null)
        {
            channel.Shut();
            answer = channel.Receive();
        }

        return answer is var (message, _) && TakeoverFormat.Open(message)?.Kind == TakeoverFormat.Taken;
    }
}
