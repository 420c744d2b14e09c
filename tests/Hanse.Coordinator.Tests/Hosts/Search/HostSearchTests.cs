using Dapper;
using Hanse.Coordinator.Hosts.Search;
using Hanse.Protocol.Messages;
using Npgsql;
using static Hanse.Coordinator.Tests.Hosts.DirectoryDatabase;

namespace Hanse.Coordinator.Tests.Hosts.Search;

public sealed class HostSearchTests : IAsyncLifetime
{
    private readonly DirectoryDatabase _directory = new();

    public ValueTask InitializeAsync() => _directory.InitializeAsync();

    public ValueTask DisposeAsync() => _directory.DisposeAsync();

    [Fact]
    public async Task Search_by_a_part_of_the_name_an_id_and_an_address()
    {
        await _directory.ApplyAsync(North, Entry(1, 1, State("web-1.ber", "10.1.2.3")), Entry(2, 1, State("db-1.ber", "10.20.0.1", "2001:db8::5")));

        Assert.Equal(["web-1.ber"], await _directory.NamesAsync(new() { Text = "WEB" }));
        Assert.Equal(["web-1.ber"], await _directory.NamesAsync(new() { Text = "b-1", Address = Address("10.1.2.3") }));
        Assert.Equal(["db-1.ber"], await _directory.NamesAsync(new() { Text = Host(2).ToString() }));
        Assert.Equal(["db-1.ber"], await _directory.NamesAsync(new() { Text = "10.20." }));
        Assert.Equal(["db-1.ber"], await _directory.NamesAsync(new() { Text = "2001:db8:" }));
        Assert.Equal(["db-1.ber", "web-1.ber"], await _directory.NamesAsync(new() { Text = "r" }));
        Assert.Empty(await _directory.NamesAsync(new() { Text = "zz" }));
    }

    [Theory]
    [InlineData("10.1.2.3", "a")]
    [InlineData("10.1.2.0/24", "a b")]
    [InlineData("10.1.0.0/16", "a b c")]
    [InlineData("10.1.", "a b c")]
    [InlineData("10.1", "a b c d")]
    [InlineData("10.0.0.0/8", "a b c d")]
    [InlineData("0.0.0.0/0", "a b c d")]
    [InlineData("2001:db8:0:1::/64", "b")]
    [InlineData("2001:d", "b")]
    [InlineData("192.168.", "")]
    public async Task Search_by_address_network_and_beginning(string address, string names)
    {
        await _directory.ApplyAsync(
            North, Entry(1, 1, State("a", "10.1.2.3")), Entry(2, 1, State("b", "10.1.2.30", "2001:db8:0:1::9")), Entry(3, 1, State("c", "10.1.200.1")),
            Entry(4, 1, State("d", "10.11.0.1")));

        Assert.Equal(names, string.Join(' ', await _directory.NamesAsync(new() { Address = Address(address) })));
    }

    [Fact]
    public async Task Search_all_conditions_must_hold()
    {
        var tagged = State("web-1", "10.1.0.1");
        tagged.Tags.AddRange(["prod", "owner:a"]);
        var windows = State("web-2", "10.1.0.2");
        (windows.Os, windows.OsFamily, windows.Status) = ("Windows 11", "windows", HostStatus.Offline);
        windows.Tags.Add("prod");
        await _directory.ApplyAsync(North, Entry(1, 1, tagged), Entry(2, 1, windows));
        await _directory.ApplyAsync(South, Entry(3, 1, State("web-3", "10.1.0.3")));

        Assert.Equal(["web-1", "web-2"], await _directory.NamesAsync(new() { Tags = ["prod"] }));
        Assert.Equal(["web-1"], await _directory.NamesAsync(new() { Tags = ["prod", "owner:a"] }));
        Assert.Equal(["web-2"], await _directory.NamesAsync(new() { Os = "WINDOWS", Tags = ["prod"], Text = "web" }));
        Assert.Equal(["web-1", "web-3"], await _directory.NamesAsync(new() { Os = "deb", Address = Address("10.1.") }));
        Assert.Equal(["web-3"], await _directory.NamesAsync(new() { Site = "South", Text = "web" }));
        Assert.Equal(["web-3"], await _directory.NamesAsync(new() { Site = SiteOf(South).ToString() }));
        Assert.Equal(["web-2"], await _directory.NamesAsync(new() { Status = HostStatus.Offline }));
        Assert.Empty(await _directory.NamesAsync(new() { Site = "nowhere" }));
    }

    [Theory]
    [InlineData("%")]
    [InlineData("_eb")]
    [InlineData("web\\")]
    [InlineData("w%b-1")]
    [InlineData("' or 1=1 --")]
    public async Task Search_wildcards_and_quotes_are_plain_characters(string text)
    {
        await _directory.ApplyAsync(North, Entry(1, 1, State("web-1")), Entry(2, 1, State(text + "x")));

        Assert.Equal([text + "x"], await _directory.NamesAsync(new() { Text = text }));
    }

    [Fact]
    public async Task Search_row_tells_site_place_and_freshness_of_its_site_as_they_are_now()
    {
        await _directory.ApplyAsync(North, Entry(1, 1, State("web")));
        var online = Assert.Single((await _directory.Search.SearchAsync(new(), CancellationToken.None)).Items);
        await _directory.ScalarAsync<int>("update sites_link set disconnected_at = connected_at");
        var offline = Assert.Single((await _directory.Search.SearchAsync(new(), CancellationToken.None)).Items);

        Assert.Equal(("north", "online", "online", 59.3, _directory.Clock.GetUtcNow()), (online.Site, online.SiteLink, online.Status, online.Latitude, online.Freshness));
        Assert.Equal(online.Freshness, online.LastSeen);
        Assert.Equal(("online", "offline", online.Freshness), (offline.Status, offline.SiteLink, offline.Freshness));
    }

    [Theory]
    [InlineData(10_000, 20)] // all can be sorted: by hostname
    [InlineData(10, 20)] // too many for that: by id
    [InlineData(10, 7)]
    public async Task Search_pages_cover_every_row_once_while_others_come_and_go(int sortable, int sample)
    {
        await _directory.ApplyAsync(North, [.. Enumerable.Range(0, 100).Select(i => Entry(i * 7919 % 100_000, 1, State($"web-{i:d3}")))]);
        var search = new HostSearch(_directory.Source, new() { SortableRows = sortable, Sample = sample }, TimeProvider.System);
        var seen = new List<string>();
        HostCursor? after = null;
        for (var page = 0; ; page++)
        {
            var found = await search.SearchAsync(new() { Text = "web-0", Limit = 9, After = after }, CancellationToken.None);
            seen.AddRange(found.Items.Select(h => h.Hostname));
            Assert.False(found.Truncated);
            if (found.Next is null)
            {
                break;
            }

            Assert.True(HostCursor.TryParse(found.Next, out after));

            // Rows of no interest to this search come, and rows already shown go.
            await _directory.ApplyAsync(North, Entry(200_000 + page, 1, State($"db-{page}")));
            await using var connection = await _directory.Source.OpenConnectionAsync();
            await connection.ExecuteAsync("delete from hosts_host where hostname = @hostname", new { hostname = found.Items[0].Hostname });
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"web-{i:d3}"), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Search_reads_on_through_the_indexes_and_finds_every_match_once_in_order_of_ids()
    {
        // Ids all over their space, as random ones are; every fifth host matches.
        const int Hosts = 2_000;
        await _directory.ApplyAsync(North, [.. Enumerable.Range(0, Hosts).Select(i => Entry(unchecked(i * (int)2_654_435_761), 1, State($"{(i % 5 == 0 ? "web" : "db")}-{i}")))]);
        await _directory.ScalarAsync<int>("analyze hosts_host");
        var search = new HostSearch(_directory.Source, new() { Sample = 10, AlwaysSorted = 5, SortableRows = 50, CountBound = 100 }, TimeProvider.System);
        var seen = new List<string>();
        HostCursor? after = null;
        do
        {
            var found = await search.SearchAsync(new() { Text = "web", Limit = 30, After = after }, CancellationToken.None);
            Assert.Equal((false, false), (found.Truncated, found.Count.Exact));
            Assert.Equal(found.Items.Select(h => h.Id.ToString()), found.Items.Select(h => h.Id.ToString()).Order(StringComparer.Ordinal));
            seen.AddRange(found.Items.Select(h => h.Hostname));
            after = found.Next is { } next && HostCursor.TryParse(next, out var cursor) ? cursor : null;
        }
        while (after is not null);

        Assert.Equal(Enumerable.Range(0, Hosts / 5).Select(i => $"web-{i * 5}").Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Search_reads_a_range_of_ids_through_the_one_index_whatever_the_conditions()
    {
        await _directory.ApplyAsync(North, [.. Enumerable.Range(0, 1_000).Select(i => Entry(unchecked(i * (int)2_654_435_761), 1, State($"web-{i}", $"10.1.{i % 250}.1")))]);
        await _directory.ScalarAsync<int>("analyze hosts_host");
        HostQuery[] queries =
        [
            new() { Text = "web" }, new() { Text = "we" }, new() { Text = "10.1." }, new() { Text = "00000000" }, new() { Address = Address("10.1.0.0/16") }, new() { Tags = ["prod"] },
            new() { Site = "north", Os = "debian" }, new() { Text = "web", Site = "north", Address = Address("10."), Tags = ["prod", "office"], Os = "linux", Status = HostStatus.Offline },
        ];

        foreach (var query in queries)
        {
            var plan = await PlanOfRangeAsync(HostPredicates.Of(query), new HostIdRange(Guid.Empty, 20, 1_000));

            Assert.Contains("Bitmap Index Scan on hosts_host_search", plan, StringComparison.Ordinal);
            Assert.Contains("get_byte", plan[plan.IndexOf("Index Cond", StringComparison.Ordinal)..], StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan on hosts_host", plan, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Search_counts_are_bounded_unless_asked_exactly()
    {
        await _directory.ApplyAsync(North, [.. Enumerable.Range(0, 30).Select(i => Entry(i, 1, State($"web-{i}")))]);
        var search = new HostSearch(_directory.Source, new() { CountBound = 20 }, TimeProvider.System);

        Assert.Equal(new(20, Exact: false), (await search.SearchAsync(new() { Text = "web", Limit = 5 }, CancellationToken.None)).Count);
        Assert.Equal(new(30, Exact: true), (await search.SearchAsync(new() { Text = "web", Limit = 5, ExactCount = true }, CancellationToken.None)).Count);
        Assert.Equal(new(11, Exact: true), (await search.SearchAsync(new() { Text = "web-1" }, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Search_past_its_time_limit_answers_with_what_it_has()
    {
        await _directory.ApplyAsync(North, [.. Enumerable.Range(0, 3_000).Select(i => Entry(i, 1, State($"web-{i}")))]);
        var clock = new SteppingClock(TimeSpan.FromMilliseconds(300));
        var search = new HostSearch(_directory.Source, new() { Sample = 100, SortableRows = 10 }, clock);

        // Every look at the clock finds a third of a second gone: reading on by id ends after the second.
        var found = await search.SearchAsync(new() { Text = "web", Limit = 1_000 }, CancellationToken.None);

        Assert.True(found.Truncated);
        Assert.NotEmpty(found.Items);
        Assert.NotNull(found.Next);
    }

    private async Task<string> PlanOfRangeAsync(IReadOnlyList<HostPredicate> predicates, HostIdRange range)
    {
        await using var connection = await _directory.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(HostSearchSql.Settings(TimeSpan.FromSeconds(5), seqScan: false), transaction: transaction);
        await using var command = new NpgsqlCommand("explain " + HostSearchSql.Range(predicates, predicates.SelectMany(p => p.Terms).ToList()), connection, transaction);
        command.Parameters.AddRange(predicates.SelectMany(p => p.Parameters).ToArray());
        command.Parameters.AddRange((NpgsqlParameter[])[new("after", range.After), new("parts", range.Parts.ToArray()), new("limit", 10)]);
        var lines = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }

    private static AddressPattern Address(string text) => AddressPattern.TryParse(text, out var pattern) ? pattern! : throw new ArgumentException(text);

    /// <summary>A clock on which each look takes a while.</summary>
    private sealed class SteppingClock(TimeSpan step) : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now += step.Ticks;
    }
}
