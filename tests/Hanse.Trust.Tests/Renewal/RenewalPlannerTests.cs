using Hanse.Trust.Renewal;

namespace Hanse.Trust.Tests.Renewal;

public sealed class RenewalPlannerTests
{
    private static readonly DateTimeOffset Made = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void DueOfOwn_is_the_plan_but_for_a_certificate_from_the_future()
    {
        var now = new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
        var planned = now + TimeSpan.FromDays(15);
        Assert.Equal(planned, RenewalPlanner.DueOfOwn(planned, now, now));
        Assert.Equal(now, RenewalPlanner.DueOfOwn(planned, now + TimeSpan.FromSeconds(1), now));
    }

    [Fact]
    public void FirstTry_anyLife_liesBetweenFourAndSixTenths()
    {
        const int seed = 42;
        var random = new Random(seed);
        for (var round = 0; round < 10_000; round++)
        {
            var life = TimeSpan.FromSeconds(Math.Pow(10, (random.NextDouble() * 8) + 0.5));
            var at = RenewalPlanner.FirstTry(Made - RenewalPlanner.Backdating, Made + life, random);

            Assert.True(at - Made >= life * 0.399 && at - Made <= life * 0.601, $"seed {seed}, round {round}: {at - Made} of {life}");
        }
    }

    [Fact]
    public void NextTry_alwaysLater_andWhileTimeIsLeftBeforeTheEnd()
    {
        const int seed = 43;
        var random = new Random(seed);
        for (var round = 0; round < 10_000; round++)
        {
            var left = TimeSpan.FromSeconds((random.NextDouble() * 1_000_000) - 100_000);
            var next = RenewalPlanner.NextTry(Made + left, Made, random);

            Assert.True(next > Made && next - Made <= TimeSpan.FromHours(1.1), $"seed {seed}, round {round}");
            Assert.True(left < TimeSpan.FromSeconds(2) || next < Made + left, $"seed {seed}, round {round}: {next - Made} of {left}");
        }
    }

    [Fact]
    public void FirstTry_lifeAlreadyOver_isNow() =>
        Assert.True(RenewalPlanner.FirstTry(Made, Made + TimeSpan.FromSeconds(1), new Random(1)) <= Made + RenewalPlanner.Backdating);
}
