using Hanse.Coordinator.Hosts.Search;

namespace Hanse.Coordinator.Tests.Hosts.Search;

/// <summary>Of a million rows, a thousand were looked at.</summary>
public sealed class HostSampleTests
{
    [Theory]
    [InlineData(0, 0, false)] // nothing seen: few match
    [InlineData(2, 2, false)] // some two thousand: always sorted
    [InlineData(4, 4, true)] // four thousand that match: a page by id is a fortieth of them
    [InlineData(4, 0, false)] // four thousand to look at of which hardly one matches: a page by id would read all ids
    [InlineData(16, 1, true)]
    [InlineData(300, 300, true)]
    public void Search_is_broad_where_a_page_by_id_costs_less_than_sorting(long candidates, long hits, bool broad) =>
        Assert.Equal(broad, Sample(candidates, hits).IsBroad(2_500, 101, [Driver(1)]));

    [Theory]
    [InlineData(5, false)] // five thousand, and some twenty-five thousand rows to read for a page
    [InlineData(50, true)]
    public void Search_for_one_or_two_letters_reads_on_row_by_row(long hits, bool broad) =>
        Assert.Equal(broad, Sample(hits, hits).IsBroad(2_500, 101, [Driver(70)]));

    [Fact]
    public void Search_is_settled_when_chance_cannot_explain_it()
    {
        Assert.False(Sample(4, 4).IsSettled(2_500));
        Assert.True(Sample(16, 16).IsSettled(2_500));
    }

    [Fact]
    public void Matches_are_called_more_than_a_number_only_beyond_doubt()
    {
        Assert.False(Sample(16, 1).MatchMoreThan(1_000));
        Assert.True(Sample(30, 20).MatchMoreThan(1_000));
        Assert.False(HostSample.Nothing(0).MatchMoreThan(0));
    }

    [Fact]
    public void Range_costs_what_the_index_names_and_a_look_through_each_part_for_each_text()
    {
        var range = new HostIdRange(Guid.Empty, 15_000, 1_000_000);

        Assert.Equal(2, range.Parts.Count);
        Assert.InRange(Sample(100, 10).CostOf(range, [Driver(1)]), 1_700, 1_800);
        Assert.InRange(Sample(100, 10).CostOf(range, [Driver(70)]), 15_000, 16_000);
    }

    private static HostPredicate Driver(int texts) => new("true", "true", []) { Texts = texts };

    private static HostSample Sample(long candidates, long hits) =>
        new(1_000, null, [], hits, [], 1_000_000) { Candidates = candidates, Judged = 1_000 };
}
