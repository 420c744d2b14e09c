using Hanse.TestKit;
using Hanse.Trust.Datagrams;

namespace Hanse.Trust.Tests.Datagrams;

public sealed class ReplayWindowTests
{
    [Fact]
    public void Given_nothing_When_first_comes_Then_it_counts_once_and_zero_never()
    {
        var window = default(ReplayWindow);
        Assert.True(window.TryTake(1));
        Assert.False(window.TryTake(1));
        Assert.False(window.TryTake(0));
        Assert.Equal(1UL, window.Highest);
    }

    [Fact]
    public void Given_late_ones_When_within_the_window_Then_each_counts_once_and_older_never()
    {
        var window = default(ReplayWindow);
        Assert.True(window.TryTake(1000));
        Assert.True(window.TryTake(1000 - ReplayWindow.Width + 1));
        Assert.False(window.TryTake(1000 - ReplayWindow.Width + 1));
        Assert.False(window.TryTake(1000 - ReplayWindow.Width));
        Assert.True(window.TryTake(999));
        Assert.Equal(1000UL, window.Highest);
    }

    [Fact]
    public void Given_a_mark_When_what_it_covers_comes_again_Then_nothing_counts()
    {
        var window = ReplayWindow.After(500);
        Assert.DoesNotContain(Enumerable.Range(0, 501), s => window.TryTake((ulong)s));
        Assert.True(window.TryTake(501));
    }

    [Fact]
    public void Given_the_last_sequences_When_they_come_Then_the_window_does_not_wrap()
    {
        var window = default(ReplayWindow);
        Assert.True(window.TryTake(ulong.MaxValue));
        Assert.True(window.TryTake(ulong.MaxValue - 63));
        Assert.False(window.TryTake(ulong.MaxValue - 64));
        Assert.False(window.TryTake(ulong.MaxValue));
        Assert.False(window.TryTake(1));
        var jump = default(ReplayWindow);
        Assert.True(jump.TryTake(1));
        Assert.True(jump.TryTake(ulong.MaxValue));
        Assert.False(jump.TryTake(1));
    }

    /// <summary>Against a model that remembers everything: whatever the order, a sequence counts once at the most, and it counts if it is new and no more
    /// than the window behind the highest.</summary>
    [Fact]
    public void Any_order_with_repeats_jumps_and_very_old_ones_follows_the_model()
    {
        for (var round = 0; round < 500; round++)
        {
            var dice = Chance.Of(Chance.Seed, round);
            var start = round % 3 == 0 ? ulong.MaxValue - 400 : (ulong)dice.Next(1, 1000);
            var (window, taken, highest, next) = (default(ReplayWindow), new HashSet<ulong>(), 0UL, start);
            for (var step = 0; step < 300; step++)
            {
                var sequence = dice.Next(10) switch
                {
                    < 5 => next = Ahead(next, 1),
                    5 => next = Ahead(next, (ulong)dice.Next(1, 130)),
                    < 9 => next - Math.Min(next, (ulong)dice.Next(0, 70)),
                    _ => (ulong)dice.Next(0, 2000),
                };
                var expected = sequence > 0 && !taken.Contains(sequence) && (sequence > highest || highest - sequence < ReplayWindow.Width);
                Assert.True(expected == window.TryTake(sequence), $"sequence {sequence} behind {highest}, round {round}; {Chance.Repeat("Trust")}");
                if (expected)
                {
                    taken.Add(sequence);
                    highest = Math.Max(highest, sequence);
                }

                Assert.Equal(highest, window.Highest);
            }
        }
    }

    private static ulong Ahead(ulong from, ulong by) => from > ulong.MaxValue - by ? from : from + by;
}
