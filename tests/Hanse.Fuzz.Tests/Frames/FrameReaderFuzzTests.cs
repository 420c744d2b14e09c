using System.Diagnostics;
using Hanse.Link.Frames;
using Hanse.Protocol.Errors;
using Hanse.TestKit;

namespace Hanse.Fuzz.Tests.Frames;

/// <summary>L4: any bytes give a frame or a typed fault, and a hostile one costs no more time than an honest one.</summary>
public sealed class FrameReaderFuzzTests
{
    private const int Cases = 30_000;
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData((int)FrameWay.AgentToSite)]
    [InlineData((int)FrameWay.SiteToAgent)]
    [InlineData((int)FrameWay.SiteToCoordinator)]
    [InlineData((int)FrameWay.CoordinatorToSite)]
    public void Read_a_damaged_recorded_frame_is_a_frame_or_a_typed_fault(int way)
    {
        var recorded = RecordedFrames.Of((FrameWay)way);
        var cases = Chance.Asked is { } asked ? Cases * (int)asked.TotalMinutes * 4 : Cases;
        for (var number = 0; number < cases; number++)
        {
            var bytes = FrameMutator.Mutate(recorded, Chance.Of(Chance.Seed, number));
            var begun = Stopwatch.GetTimestamp();

            var frame = FrameReader.Read(bytes);

            Assert.True(
                frame.Envelope is not null != frame.Error is { Code: ErrorCodes.MalformedFrame },
                $"Case {number} gave neither frame nor fault ({frame.Error?.Code}): {Convert.ToHexStringLower(bytes)}; {Chance.Repeat("fuzz")}");
            Assert.True(Stopwatch.GetElapsedTime(begun) < Slow, $"Case {number} took {Stopwatch.GetElapsedTime(begun)}; {Chance.Repeat("fuzz")}");
        }
    }
}
