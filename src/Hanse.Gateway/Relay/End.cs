using System.Runtime.InteropServices;

namespace Hanse.Gateway.Relay;

/// <summary>All that the relay keeps of one descriptor: one cache line. A relayed connection has two.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct End
{
    /// <summary>The other end's descriptor; -1 when there is none.</summary>
    internal int Peer;

    /// <summary>Tells this use of the descriptor from an earlier one of the same worker, in events that come late; 0 while it is in no use.</summary>
    internal uint Life;

    internal EndMarks Marks;
    internal EndPhase Phase;
    internal byte Worker;

    /// <summary>The pipe that holds bytes which were read here and not yet written to the peer. Meaningless while <see cref="Held"/> is 0.</summary>
    internal Pipe Pipe;

    /// <summary>Bytes in the pipe.</summary>
    internal int Held;

    /// <summary>Place of its route in the counters; -1 before it has one.</summary>
    internal int Route;

    /// <summary>Place of the upstream; -1 before there is one.</summary>
    internal int Upstream;

    /// <summary>Bucket of the client's address.</summary>
    internal int Source;

    internal int Before;
    internal int After;

    /// <summary>Milliseconds of the worker's clock, low 32 bits, at which its deadline is over.</summary>
    internal uint Due;

    /// <summary>While dialling: when that began, in microseconds. While relaying: when a byte last moved, in seconds.</summary>
    internal uint Since;

    /// <summary>The addresses of the route that were tried, by bit.</summary>
    internal uint Tried;

    internal readonly bool Has(EndMarks mark) => (Marks & mark) != 0;

    internal void Set(EndMarks mark) => Marks |= mark;

    internal void Clear(EndMarks mark) => Marks &= ~mark;
}
