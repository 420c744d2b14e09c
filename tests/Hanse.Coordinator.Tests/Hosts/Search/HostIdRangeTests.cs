using Hanse.Coordinator.Hosts.Search;

namespace Hanse.Coordinator.Tests.Hosts.Search;

public sealed class HostIdRangeTests
{
    private static readonly Guid Last = Guid.AllBitsSet;

    [Fact]
    public void Range_of_a_quarter_of_the_rows_is_a_quarter_of_the_ids()
    {
        var range = new HostIdRange(new("10000000-0000-0000-0000-000000000000"), 250, 1_000);

        Assert.Equal(("50000000-0000-0000-0000-000000000000", false), (range.Until.ToString(), range.IsLast));
        Assert.InRange(range.Rows, 249, 250);
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000", 1_000)] // all there is
    [InlineData("00000000-0000-0000-0000-000000000000", 5_000)] // more than there is
    [InlineData("c0000000-0000-0000-0000-000000000001", 250)] // a quarter, from a little behind the last quarter's begin
    [InlineData("ffffffff-ffff-ffff-ffff-ffffffffffff", 1)]
    public void Range_that_would_pass_the_last_id_ends_there(string after, long rows)
    {
        var range = new HostIdRange(new(after), rows, 1_000);

        Assert.Equal((Last, true), (range.Until, range.IsLast));
    }

    [Fact]
    public void Ranges_one_after_the_other_leave_no_gap_and_end()
    {
        var (after, ranges) = (Guid.Empty, 0);
        for (HostIdRange range; ; after = range.Until)
        {
            range = new(after, 300, 1_000);
            Assert.Equal(after, range.After);
            ranges++;
            if (range.IsLast)
            {
                break;
            }
        }

        Assert.Equal(4, ranges);
    }
}
