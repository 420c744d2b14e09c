using System.Net;
using System.Net.Sockets;

namespace Hanse.Chaos.Tests.Ground;

/// <summary>Where namespaces are not allowed: all nodes on loopback. Links are cut in user space, at the relay in front of a server, for all who dial it.</summary>
internal sealed class LoopbackGround(string why) : IGround
{
    public string Description =>
        $"no network namespaces ({why}): all nodes on loopback, partitions in user space, at the relay of a server for all its peers at once";

    public bool SeparatesNodes => false;

    public IPAddress RelayAddress => IPAddress.Loopback;

    public Task<IPAddress> AddAsync(string node) => Task.FromResult(IPAddress.Loopback);

    public IReadOnlyList<string> CommandFor(string node, IReadOnlyList<string> program) => program;

    public Socket NewRelaySocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public Task CutAsync(string node, bool cut) => throw new NotSupportedException("Nodes on loopback cannot be cut off alone.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
