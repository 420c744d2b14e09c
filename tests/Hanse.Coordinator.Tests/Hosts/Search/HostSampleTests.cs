using Hanse.Coordinator.Hosts.Search;

namespace Hanse.Coordinator.Tests.Hosts.Search;

/// <summary>Of a million rows, a thousand were looked at.</summary>
public sealed class HostSampleTests
{
    [Theory]
    [InlineData(0, 0, false)] // nothing seen: few match
    [InlineData(2, 2, false)] // some two thousand: always sorted
    [InlineData(4, 4, true)] // four thousand that match: a page by id is a fortieth of them
    [InlineData(4, 0, false)] // four thousand to look at of which hardly one matches: a page by id would read many parts of the ids
    [InlineData(16, 1, true)]
    [InlineData(300, 300, true)]
    public void Search_is_broad_where_a_page_by_id_costs_less_than_sorting(long candidates, long hits, bool broad) =>
        Assert.Equal(broad, (Sample(candidates, hits) with { NamedByTerm = [candidates] }).IsBroad(2_500, 101, [Predicate(new HostTerm("word", "true"))]));

    [Theory]
    [InlineData(5, false)] // five thousand, and some twenty-five thousand rows to read for a page
    [InlineData(50, true)]
    public void Search_for_one_or_two_letters_reads_on_row_by_row(long hits, bool broad) =>
        Assert.Equal(broad, (Sample(hits, hits) with { NamedByTerm = [hits] }).IsBroad(2_500, 101, [Predicate(Letters)]));

    [Theory]
    [InlineData(4, 50, true, "word")] // a page by id asks for the one text, though it names ten times as much
    [InlineData(0, 150, false, "letters")] // hardly any match: sorted, by the texts that name them and no more
    public void Search_for_a_short_text_that_begins_a_word_goes_by_either(long hits, long begun, bool broad, string driver)
    {
        var sample = Sample(hits, hits) with { NamedByTerm = [hits, begun] };
        HostPredicate[] predicates = [Predicate(Letters, new HostTerm("word", "true") { InPlaceOfMany = true })];

        Assert.Equal(broad, sample.IsBroad(2_500, 101, predicates));
        Assert.Equal(driver, Assert.Single(sample.Drivers(predicates, broad ? 30_000 : 1_000_000, parts: broad ? 4 : 0).Terms).Index);
    }

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
        Assert.False(HostSample.Nothing([]).MatchMoreThan(0));
    }

    [Theory]
    [InlineData(0, 1, 0, 126_250)] // one in a thousand at most
    [InlineData(10, 100, 0, 12_625)]
    [InlineData(0, 20, 200, 31_562)] // independent conditions let four in a thousand through
    [InlineData(0, 500, 500, 25_250)] // they do not say that 250 do
    public void A_page_is_read_for_as_many_matches_as_were_seen_or_are_likely_where_few_were(long hits, long first, long second, int rows)
    {
        var sample = new HostSample(1_000, null, [], hits, second == 0 ? [first] : [first, second], 1_000_000) { Judged = 1_000 };

        Assert.InRange(sample.RowsFor(101, 162_500), rows * 99 / 100, rows * 101 / 100);
    }

    [Fact]
    public void Range_costs_what_the_index_names_its_lists_and_a_look_through_each_part_for_each_text()
    {
        var range = new HostIdRange(Guid.Empty, 15_000, 1_000_000);

        Assert.Equal(2, range.Parts.Count);
        Assert.InRange(Sample(100, 10).CostOf(range, Drivers(1, 100)), 3_800, 4_000);
        Assert.InRange(Sample(100, 10).CostOf(range, Drivers(70, 100)), 24_500, 24_800);
    }

    [Theory]
    [InlineData(35, 136, 1_000_000, "narrow broad")] // thirty-five thousand rows, of which the other spares six in seven
    [InlineData(35, 136, 8_000, "narrow")] // among eight thousand it would spare two hundred and fifty
    [InlineData(2, 600, 1_000_000, "narrow")]
    [InlineData(200, 136, 1_000_000, "broad narrow")] // the narrower one comes first, whatever it is called
    public void Index_is_asked_for_the_narrowest_term_and_for_those_that_spare_more_rows_than_their_lists_cost(long narrow, long broad, long among, string drivers)
    {
        HostPredicate[] predicates = [Predicate(new HostTerm("broad", "true")), Predicate(new HostTerm("narrow", "true"))];
        var sample = new HostSample(1_000, null, [], 0, [broad, narrow], 1_000_000) { Judged = 1_000 };

        Assert.Equal(drivers, string.Join(' ', sample.Drivers(predicates, among, parts: 1).Terms.Select(t => t.Index)));
    }

    [Fact]
    public void Terms_name_together_what_the_sample_saw_and_a_part_of_them_what_they_would_if_they_were_independent()
    {
        HostPredicate[] predicates = [Predicate(new HostTerm("broad", "true"), new HostTerm("narrow", "true"))];
        var sample = new HostSample(1_000, null, [], 0, [600, 2], 1_000_000) { Judged = 1_000, Candidates = 1 };

        Assert.Equal(0.0025, sample.Drivers(predicates, 1_000_000, parts: 0).Share, 4);
        Assert.Equal(0.001, (sample with { NamedByTerm = [300, 100] }).Drivers(predicates, 1_000_000, parts: 0).Share, 4);
    }

    private static readonly HostTerm Letters = new("letters", "true") { Texts = 70 };

    private static HostPredicate Predicate(params HostTerm[] terms) => new("true", terms, []);

    private static HostDrivers Drivers(int texts, long named) => new([new("true", "true") { Texts = texts }], named / 1_000.0, named / 1_000.0);

    private static HostSample Sample(long candidates, long hits) =>
        new(1_000, null, [], hits, [], 1_000_000) { Candidates = candidates, Judged = 1_000 };
}
