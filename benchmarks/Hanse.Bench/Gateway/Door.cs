using System.Net;
using System.Net.Sockets;
using Hanse.Bench.Processes;

namespace Hanse.Bench.Gateway;

/// <summary>A relay under measurement: the gateway or a peer, one worker, the same routes.</summary>
internal sealed class Door(string name, int port, bool datagrams, BenchProcess process) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal string Name => name;

    internal int Port => port;

    /// <summary>It forwards UDP at the same port.</summary>
    internal bool Datagrams => datagrams;

    /// <summary>Another one after an upgrade.</summary>
    internal BenchProcess Process { get; set; } = process;

    /// <summary>What all its processes have written.</summary>
    internal long Memory => ProcessFigures.Tree(Process.Pid).Sum(ProcessFigures.Written);

    internal double CpuSeconds => ProcessFigures.Tree(Process.Pid).Sum(p => ProcessFigures.Cpu(p).TotalSeconds);

    internal Task ListensAsync() => Process.UntilAsync("it listened", async () =>
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }, Patience);

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
