using Hanse.Coordinator.Hosts.Search;
using static Hanse.Coordinator.Tests.Hosts.DirectoryDatabase;

namespace Hanse.Coordinator.Tests.Hosts.Search;

public sealed class HostnamePatternsTests : IAsyncLifetime
{
    private readonly DirectoryDatabase _directory = new();

    public ValueTask InitializeAsync() => _directory.InitializeAsync();

    public ValueTask DisposeAsync() => _directory.DisposeAsync();

    [Theory]
    [InlineData("b-", 70)]
    [InlineData("eb", 70)]
    [InlineData("5.m", 70)]
    [InlineData("-1", 70)]
    [InlineData("a", 0)]
    [InlineData("-", 0)]
    [InlineData("--", 0)]
    public void AnyOf_short_texts_are_looked_for_with_their_neighbours(string text, int patterns) =>
        Assert.Equal(patterns, HostnamePatterns.AnyOf(text)?.Count ?? 0);

    [Theory]
    [InlineData("web", "%web%")]
    [InlineData("-we", "%-we%")]
    [InlineData("top-001d", "%001d% %top%")]
    [InlineData("mail-05", "%mail% %-05%")]
    [InlineData("s-node-1", "%node%")]
    [InlineData("a-b-c", "%-b-%")]
    [InlineData("_ab%", "%\\_ab\\%%")]
    [InlineData("web.web", "%web%")]
    [InlineData("b-", null)]
    [InlineData("5.m", null)]
    public void AllOf_a_text_is_its_words_each_by_itself(string text, string? patterns) =>
        Assert.Equal(patterns, HostnamePatterns.AllOf(text) is { } all ? string.Join(' ', all) : null);

    [Theory]
    [InlineData("5.m", 'm')]
    [InlineData("-1", '1')]
    [InlineData("b-", null)]
    [InlineData("eb", null)]
    [InlineData("m", null)]
    public void WordBegunBy_a_short_text_is_what_stands_behind_a_boundary(string text, char? begun) => Assert.Equal(begun, HostnamePatterns.WordBegunBy(text));

    [Fact]
    public void AllOf_a_long_text_is_its_longest_words() =>
        Assert.Equal(8, HostnamePatterns.AllOf(string.Join('-', Enumerable.Range(100, 40)))!.Count);

    [Theory]
    [InlineData("top-001d")]
    [InlineData("mail-05")]
    [InlineData("a-b-c")]
    [InlineData("_ab%")]
    [InlineData("ab")]
    [InlineData("b-")]
    [InlineData("-1")]
    [InlineData("5.m")]
    [InlineData("_%")]
    [InlineData("\\a")]
    [InlineData("\u00fcb")]
    public async Task Search_through_the_index_alone_finds_the_text_wherever_it_stands(string text)
    {
        string[] around = ["", "x", "7", "-", ".", "_", "%", "\\", " ", "\u00e9", "~"];
        var names = (from before in around from after in around select before + text + after).Distinct().ToList();
        await _directory.ApplyAsync(North, [.. names.Select((name, i) => Entry(i, 1, State(name))), Entry(999, 1, State("nothing-of-it"))]);

        // No sample is taken to judge by, so the index has to give them all.
        var search = new HostSearch(_directory.Source, new() { Sample = 1 }, TimeProvider.System);
        var found = await search.SearchAsync(new() { Text = text, Limit = 1_000 }, CancellationToken.None);

        Assert.Equal(names.Order(StringComparer.Ordinal), found.Items.Select(h => h.Hostname).Order(StringComparer.Ordinal));
    }
}
