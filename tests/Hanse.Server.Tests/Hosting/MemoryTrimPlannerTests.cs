using Hanse.Server.Hosting;

namespace Hanse.Server.Tests.Hosting;

public sealed class MemoryTrimPlannerTests
{
    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(MemoryTrimPlanner.Worth - 1, 0, false)]
    [InlineData(MemoryTrimPlanner.Worth, 0, true)]
    [InlineData(MemoryTrimPlanner.Worth, MemoryTrimPlanner.Quiet, true)]
    [InlineData(MemoryTrimPlanner.Worth * 100, MemoryTrimPlanner.Quiet + 1, false)]
    public void IsDue_muchAllocatedAndQuietNow(long sinceTrim, long sinceLook, bool due) =>
        Assert.Equal(due, MemoryTrimPlanner.IsDue(sinceTrim, sinceLook));
}
