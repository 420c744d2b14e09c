namespace Hanse.Site.Metrics;

/// <summary>What became of the datagrams that came since the start (docs/protocol/datagrams.md). One listener counts, anybody reads.</summary>
internal sealed class DatagramCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<DatagramFate>().Length];

    public long this[DatagramFate fate] => Interlocked.Read(ref _counts[(int)fate]);

    public void Count(DatagramFate fate) => Interlocked.Increment(ref _counts[(int)fate]);
}

/// <summary>How a datagram was judged.</summary>
internal enum DatagramFate
{
    Taken,
    Malformed,
    UnknownKey,
    Forged,
    Replayed,
}
