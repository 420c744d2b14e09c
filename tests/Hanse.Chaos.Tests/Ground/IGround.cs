using System.Net;
using System.Net.Sockets;

namespace Hanse.Chaos.Tests.Ground;

/// <summary>What nodes stand on: each has an address of its own, or at least a port, and is reached by the others only through relays on the ground.</summary>
internal interface IGround : IAsyncDisposable
{
    /// <summary>For the head of a run: what this is, and what it cannot do.</summary>
    string Description { get; }

    /// <summary>True when every node is a machine of its own, with its own name and network, and can be cut off alone.</summary>
    bool SeparatesNodes { get; }

    /// <summary>Prepares a place; returns the address that the node there listens on.</summary>
    Task<IPAddress> AddAsync(string node);

    /// <summary>The command that runs a program there, whose process is the program's own.</summary>
    IReadOnlyList<string> CommandFor(string node, IReadOnlyList<string> program);

    /// <summary>Where relays listen, and dial from.</summary>
    IPAddress RelayAddress { get; }

    Socket NewRelaySocket();

    /// <summary>Drops everything to and from a node, silently; only where <see cref="SeparatesNodes"/>.</summary>
    Task CutAsync(string node, bool cut);
}
