using System.Diagnostics;
using Hanse.TestKit;

namespace Hanse.Fuzz.Tests.Links;

/// <summary>How long one fuzzer of live servers goes on: seconds, or its share of the minutes that were asked for.</summary>
internal sealed class FuzzTime
{
    private const int Fuzzers = 5;
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);
    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <summary>Numbers of the cases, until the time is over.</summary>
    public IEnumerable<int> Cases()
    {
        for (var number = 0; Stopwatch.GetElapsedTime(_begun) < (Chance.Asked / Fuzzers ?? Short); number++)
        {
            yield return number;
        }
    }
}
