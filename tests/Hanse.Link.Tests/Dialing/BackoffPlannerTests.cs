using FsCheck;
using FsCheck.Fluent;
using Hanse.Link.Dialing;

namespace Hanse.Link.Tests.Dialing;

/// <summary>Full jitter with a cap, and never sooner than asked (L5).</summary>
public class BackoffPlannerTests
{
    private static readonly BackoffOptions Options = new() { First = TimeSpan.FromSeconds(1), Cap = TimeSpan.FromSeconds(60) };

    private static readonly Arbitrary<double> Random = Gen.Choose(0, 999_999).Select(n => n / 1_000_000.0).ToArbitrary();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(5, 32)]
    [InlineData(6, 60)]
    [InlineData(1000, 60)]
    public void Wait_at_the_upper_end_is_doubled_up_to_the_cap(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), BackoffPlanner.Wait(failures, TimeSpan.Zero, 0, Options));

    [Fact]
    public void Wait_any_is_positive_and_within_the_cap() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        Random,
        (failures, random) => BackoffPlanner.Wait(failures, TimeSpan.Zero, random, Options) is var wait && wait > TimeSpan.Zero && wait <= Options.Cap));

    [Fact]
    public void Wait_asked_for_is_never_cut_short_and_is_spread() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(
        Gen.Choose(1, 3600).ToArbitrary(),
        Random,
        (asked, random) =>
        {
            var after = TimeSpan.FromSeconds(asked);
            var wait = BackoffPlanner.Wait(3, after, random, Options);
            return wait >= after && wait <= after + TimeSpan.FromSeconds(Math.Max(8, asked / 10.0)) + TimeSpan.FromMilliseconds(1);
        }));

    [Fact]
    public void Wait_asked_for_beyond_reason_is_bounded() =>
        Assert.Equal(Options.LongestRetryAfter, BackoffPlanner.Wait(0, TimeSpan.FromDays(40), 0, Options));
}
