namespace Hanse.Gateway.Datagrams;

/// <summary>What the plane has done. Its one thread writes; others read words that may be a moment old.</summary>
internal sealed class DatagramCounters
{
    internal long Received;
    internal long Forwarded;
    internal long ForwardedBytes;
    internal long Duplicated;

    /// <summary>Shorter or longer than a datagram can be, or of another version.</summary>
    internal long Malformed;

    /// <summary>No route has this id, or none of its own.</summary>
    internal long UnknownRoute;

    /// <summary>The system would not send it.</summary>
    internal long Unsent;

    internal int Flows;
}
