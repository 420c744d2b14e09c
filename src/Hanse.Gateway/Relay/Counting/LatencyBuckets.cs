using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hanse.Gateway.Relay.Counting;

/// <summary>How often which latency was met, in buckets that are a quarter of an octave wide, from 64 µs to 16 s. A percentile read from them is at most a quarter too large.</summary>
[InlineArray(Count)]
internal struct LatencyBuckets
{
    private const int Count = 72;
    private const int FirstOctave = 6;

    private long _first;

    internal void Note(long microseconds)
    {
        var value = (ulong)Math.Max(microseconds, 1 << FirstOctave);
        var octave = BitOperations.Log2(value);
        var bucket = ((octave - FirstOctave) * 4) + (int)((value >> (octave - 2)) & 3);
        this[Math.Min(bucket, Count - 1)]++;
    }

    internal void Add(in LatencyBuckets other)
    {
        for (var bucket = 0; bucket < Count; bucket++)
        {
            this[bucket] += other[bucket];
        }
    }

    /// <summary>Microseconds below which this part of all were, by the upper bound of its bucket; 0 when there were none.</summary>
    internal readonly long Percentile(double part)
    {
        var all = 0L;
        foreach (var count in this)
        {
            all += count;
        }

        var left = (long)Math.Ceiling(all * part);
        for (var bucket = 0; all > 0; bucket++)
        {
            left -= this[bucket];
            if (left <= 0 || bucket == Count - 1)
            {
                return (5L + (bucket % 4)) << (FirstOctave + (bucket / 4) - 2);
            }
        }

        return 0;
    }
}
