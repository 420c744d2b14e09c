using Hanse.Agent.Paths;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Paths;

public sealed class PathPatienceTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Each_move_doubles_the_wait_up_to_an_hour_and_calm_halves_it()
    {
        var patience = PathPatience.Of(Minute).Moved(TimeSpan.Zero);
        Assert.Equal(Minute, patience.Wait);
        patience = patience.Moved(2 * Minute).Moved(4 * Minute);
        Assert.Equal(4 * Minute, patience.Wait);
        Assert.Equal(4 * Minute, patience.NextLook(19 * Minute, 0.5));
        Assert.Equal(2 * Minute, patience.NextLook(20 * Minute, 0.5));
        Assert.Equal(Minute, patience.NextLook(28 * Minute, 0.5));
        for (var move = 0; move < 20; move++)
        {
            patience = patience.Moved(5 * Minute);
        }

        Assert.Equal(64 * Minute, patience.Wait);
        Assert.Equal(Minute, patience.NextLook(TimeSpan.FromHours(9), 0.5));
    }

    [Fact]
    public void Looks_are_spread_by_a_quarter()
    {
        Assert.Equal(TimeSpan.FromSeconds(45), PathPatience.Of(Minute).NextLook(Minute, 0));
        Assert.Equal(TimeSpan.FromSeconds(75), PathPatience.Of(Minute).NextLook(Minute, 1));
    }

    /// <summary>A network that comes and goes as it likes: whatever it does, on no day of a week does the agent move more often than promised.</summary>
    [Fact]
    public void No_network_makes_an_agent_flap()
    {
        for (var round = 0; round < 100; round++)
        {
            var dice = Chance.Of(Chance.Seed, round);
            var (patience, now, moves) = (PathPatience.Of(Minute), TimeSpan.Zero, new List<TimeSpan>());
            var presence = round == 0 ? 1 : dice.NextDouble(); // how often the better path is there when the agent looks
            while (now < TimeSpan.FromDays(7))
            {
                now += patience.NextLook(now, dice.NextDouble());
                if (dice.NextDouble() < presence)
                {
                    patience = patience.Moved(now);
                    moves.Add(now);
                }
            }

            var most = PathPatience.MostDoublings + 2 + (presence == 1 ? 24 * 60 / 48 : 24 * 60 / 5);
            foreach (var (from, first) in moves.Select((m, i) => (m, i)))
            {
                var inADay = moves.Skip(first).TakeWhile(m => m - from < TimeSpan.FromDays(1)).Count();
                Assert.True(inADay <= most, $"{inADay} moves in a day, at most {most} were promised. {Chance.Repeat("Agent")}");
            }
        }
    }
}
