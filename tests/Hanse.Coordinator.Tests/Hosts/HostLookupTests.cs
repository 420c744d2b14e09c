using Hanse.Coordinator.Hosts;
using static Hanse.Coordinator.Tests.Hosts.DirectoryDatabase;

namespace Hanse.Coordinator.Tests.Hosts;

public sealed class HostLookupTests : IAsyncLifetime
{
    private readonly DirectoryDatabase _directory = new();

    public ValueTask InitializeAsync() => _directory.InitializeAsync();

    public ValueTask DisposeAsync() => _directory.DisposeAsync();

    [Fact]
    public async Task Resolve_takes_ids_and_names_in_one_go_and_keeps_their_order()
    {
        await _directory.ApplyAsync(North, Entry(1, 1, State("web-1")), Entry(2, 1, State("twin")), Entry(3, 1, State("web-10")));
        await _directory.ApplyAsync(South, Entry(4, 1, State("twin")));

        var found = await new HostLookup(_directory.Source).ResolveAsync(
            ["TWIN", Host(3).ToString(), "web-1", "nobody", "", "%", "nul\0", Host(99).ToString()], CancellationToken.None);

        Assert.Equal([2, 1, 1, 0, 0, 0, 0, 0], found.Select(m => m.Targets.Count));
        Assert.Null(found[0].Single);
        Assert.Equal(["north", "south"], found[0].Targets.Select(t => t.SiteName));
        Assert.Equal((Host(3), "web-10", SiteOf(North), North), (found[1].Single!.Id, found[1].Single!.Hostname, found[1].Single!.Site, found[1].Single!.SiteKey));
        Assert.Equal(Host(1), found[2].Single!.Id);
    }

    [Fact]
    public async Task Resolve_many_names_gives_the_same_as_few()
    {
        await _directory.ApplyAsync(North, [.. Enumerable.Range(1, 500).Select(i => Entry(i, 1, State($"web-{i}")))]);

        var found = await new HostLookup(_directory.Source).ResolveAsync([.. Enumerable.Range(1, 500).Select(i => $"web-{i}")], CancellationToken.None);

        Assert.Equal(Enumerable.Range(1, 500).Select(Host), found.Select(m => m.Single!.Id));
    }
}
