using System.Net;

namespace Hanse.Gateway.Routes;

/// <summary>An address that routes lead to, one object for all tables and routes that hold it: how many connections it has and whether it answered last.</summary>
/// <remarks>Written by all workers without a lock: each field is one word, and a count that is read a moment late costs nothing but balance.</remarks>
internal sealed class Upstream(int slot, IPEndPoint address)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private int _live;
    private int _failures;
    private long _downUntil;

    /// <summary>Its index in the book of upstreams.</summary>
    internal int Slot { get; } = slot;

    internal IPEndPoint Address { get; } = address;

    /// <summary>The address in the kernel's form.</summary>
    internal byte[] SocketAddress { get; } = Native.SocketAddress.Of(address);

    /// <summary>A number of the address that is the same in every process, for <see cref="UpstreamChoice.ClientHash"/>.</summary>
    internal uint Mark { get; } = Fnv(address.ToString());

    internal int Live => Volatile.Read(ref _live);

    /// <summary>Failed dials since the last one that succeeded.</summary>
    internal int Failures => Volatile.Read(ref _failures);

    internal void Opened() => Interlocked.Increment(ref _live);

    internal void Closed() => Interlocked.Decrement(ref _live);

    /// <summary>True when it should not be tried before others. Times are milliseconds of the system's tick count.</summary>
    internal bool IsDown(long now) => Volatile.Read(ref _failures) > 0 && now < Volatile.Read(ref _downUntil);

    internal void Answered() => Volatile.Write(ref _failures, 0);

    /// <summary>It refused or kept silent: others go first for a while, which doubles.</summary>
    internal void Failed(long now)
    {
        var failures = Interlocked.Increment(ref _failures);
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, 10));
        Volatile.Write(ref _downUntil, now + (long)(pause < LongestPause ? pause : LongestPause).TotalMilliseconds);
    }

    /// <summary>A check found no answer either: clients go on with the others until the next one.</summary>
    internal void StaysDown(long now) => Volatile.Write(ref _downUntil, now + (long)LongestPause.TotalMilliseconds);

    private static uint Fnv(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16777619u;
        }

        return hash;
    }
}
