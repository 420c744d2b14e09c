using Hanse.Coordinator.Hosts.Search;

namespace Hanse.Coordinator.Tests.Hosts.Search;

public sealed class HostIdRangeTests
{
    private static readonly Guid Last = Guid.AllBitsSet;

    [Fact]
    public void Range_of_a_quarter_of_the_rows_is_a_quarter_of_the_ids_and_the_rest_of_its_last_part()
    {
        var range = new HostIdRange(new("10000000-0000-0000-0000-000000000000"), 250, 1_000);

        Assert.Equal(("51ffffff-ffff-ffff-ffff-ffffffffffff", false), (range.Until.ToString(), range.IsLast));
        Assert.Equal(Enumerable.Range(8, 33), range.Parts);
        Assert.InRange(range.Rows, 257, 258);
    }

    [Fact]
    public void Range_begins_with_the_next_part_where_the_last_one_ended()
    {
        var first = new HostIdRange(Guid.Empty, 1, 1_000);
        var second = new HostIdRange(first.Until, 1, 1_000);

        Assert.Equal([0], first.Parts);
        Assert.Equal([1], second.Parts);
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
        var (after, ranges, parts) = (Guid.Empty, 0, new List<int>());
        for (HostIdRange range; ; after = range.Until)
        {
            range = new(after, 300, 1_000);
            Assert.Equal(after, range.After);
            parts.AddRange(range.Parts);
            ranges++;
            if (range.IsLast)
            {
                break;
            }
        }

        Assert.Equal(4, ranges);
        Assert.Equal(Enumerable.Range(0, HostIdRange.PartCount), parts);
    }
}
