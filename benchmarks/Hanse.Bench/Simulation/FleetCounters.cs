using Hanse.Protocol.Messages;

namespace Hanse.Bench.Simulation;

/// <summary>How far the fleet is. Thread-safe.</summary>
internal sealed class FleetCounters
{
    private int _online;
    private int _joined;
    private int _renewed;
    private int _lost;
    private int _mostTries;
    private Error? _lastError;

    public int Links => Volatile.Read(ref _online);

    public int Joined => Volatile.Read(ref _joined);

    public void Online(int change)
    {
        Interlocked.Add(ref _online, change);
        if (change < 0)
        {
            Interlocked.Increment(ref _lost);
        }
    }

    public void JoinedOne() => Interlocked.Increment(ref _joined);

    public void RenewedOne() => Interlocked.Increment(ref _renewed);

    /// <summary>L5: an agent has this many tries under way.</summary>
    public void Trying(int tries)
    {
        var most = Volatile.Read(ref _mostTries);
        while (tries > most && Interlocked.CompareExchange(ref _mostTries, tries, most) is var seen && seen != most)
        {
            most = seen;
        }
    }

    /// <summary>The newest is enough to know what is wrong.</summary>
    public void Failed(Error error) => Volatile.Write(ref _lastError, error);

    /// <summary>One line: <c>joined</c> counts this life's joins only, <c>lost</c> the links that ended. An error is told once.</summary>
    public string Line(int count)
    {
        var error = Interlocked.Exchange(ref _lastError, null);
        return $"agents {count} joined {Joined} renewed {Volatile.Read(ref _renewed)} online {Links} lost {Volatile.Read(ref _lost)} tries {Volatile.Read(ref _mostTries)}{(error is null ? "" : $" last error {error.Code}: {error.Message}")}";
    }
}
