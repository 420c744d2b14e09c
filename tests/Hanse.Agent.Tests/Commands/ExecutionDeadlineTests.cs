using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Native;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Commands;

/// <summary>D4: within a boot the boot clock decides; after a reboot the wall clock is all there is.</summary>
public sealed class ExecutionDeadlineTests
{
    [Fact]
    public void Wall_clock_jumps_Then_the_deadline_of_this_boot_stands()
    {
        var (clock, boot) = (new ManualClock(), new FakeBootClock("a"));
        var deadline = ExecutionDeadline.In(TimeSpan.FromMinutes(5), clock, boot);
        clock.JumpWallClock(TimeSpan.FromDays(1));
        Assert.False(deadline.HasPassed(clock, boot));
        clock.JumpWallClock(TimeSpan.FromDays(-2));
        boot.Elapsed += TimeSpan.FromMinutes(6);
        Assert.True(deadline.HasPassed(clock, boot));
    }

    [Fact]
    public void Machine_rebooted_Then_the_wall_clock_decides()
    {
        var (clock, boot) = (new ManualClock(), new FakeBootClock("a"));
        var deadline = ExecutionDeadline.In(TimeSpan.FromMinutes(5), clock, boot);
        var later = new FakeBootClock("b");
        Assert.False(deadline.HasPassed(clock, later));
        clock.Advance(TimeSpan.FromMinutes(6));
        Assert.True(deadline.HasPassed(clock, later));
    }

    private sealed class FakeBootClock(string id) : IBootClock
    {
        public string BootId => id;

        public TimeSpan Elapsed { get; set; } = TimeSpan.FromHours(1);
    }
}
