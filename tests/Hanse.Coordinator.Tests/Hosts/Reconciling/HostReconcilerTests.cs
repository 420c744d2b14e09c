using Google.Protobuf;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Hosts.Reconciling;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using static Hanse.Coordinator.Tests.Hosts.DirectoryDatabase;

namespace Hanse.Coordinator.Tests.Hosts.Reconciling;

/// <summary>The directory against a site's truth: every kind of difference is found, mended once and counted; what is on its way, refused or another's is left alone.</summary>
public sealed class HostReconcilerTests : IAsyncLifetime
{
    private const int Count = 300;
    private readonly DirectoryDatabase _directory = new();
    private readonly ReconcileMetrics _metrics = new();
    private DigestSite _site = null!;

    private ReconciliationStore Store => new(_directory.Source);

    private HostReconciler Reconciler => new(_directory.Source, _site, Store, _metrics, _directory.Clock);

    public async ValueTask InitializeAsync()
    {
        await _directory.InitializeAsync();
        _site = new DigestSite(_directory);
        for (var number = 1; number <= Count; number++)
        {
            var state = State($"Host-{number}.example.net", $"10.0.{number / 250}.{number % 250}", $"2001:db8::{number}");
            state.Tags.Add(["prod", $"rack-{number % 7}"]);
            _site.Hosts[number] = state;
        }

        await _directory.ApplyAsync(North, [.. _site.Hosts.Select(h => Entry(h.Key, 5, h.Value))]);
        await _directory.ApplyAsync(South, Entry(9_000, 1, State("south-1", "10.9.0.1")));
    }

    public async ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        await _directory.DisposeAsync();
    }

    [Fact]
    public async Task Equal_sides_cost_one_question()
    {
        await _directory.ScalarAsync<int>($"update hosts_host set tags = coalesce(nullif(tags, ''), E'\\x1f') || E'\\x01assigned\\x1f' where id = '{Host(4).Value}'");

        var result = await RunAsync();

        Assert.Equal((Count, 64, 0, 0), (result.Hosts, result.Buckets, result.BucketsDifferent, result.Mended));
        Assert.Single(_site.Queries);
        Assert.Empty(_site.Resent);
    }

    [Fact]
    public async Task What_is_missing_different_or_a_ghost_is_mended_once()
    {
        await _directory.ScalarAsync<int>($"delete from hosts_host where id in ('{Host(1).Value}', '{Host(2).Value}')");
        await _directory.ScalarAsync<int>($"update hosts_host set hostname = 'changed', counter = 90 where id = '{Host(3).Value}'");
        await _directory.ScalarAsync<int>($"update hosts_host set status = 2 where id = '{Host(4).Value}'");
        await _directory.ScalarAsync<int>(
            $"insert into hosts_tombstone (id, counter, site, epoch, deleted_at) values ('{Host(2).Value}', 700, 1, 1, '2030-01-01')");
        await _directory.ApplyAsync(North, Entry(8_000, 3, State("ghost")));

        var result = await RunAsync();

        Assert.Equal((2, 2, 1, 0, 5), (result.Missing, result.Differing, result.Ghosts, result.Waiting, result.Mended));
        Assert.True(result.BucketsDifferent <= 5, $"{result.BucketsDifferent} buckets");
        Assert.Equal(701UL, 1 + _site.Resent.Single(h => h.HostId == Host(2).ToWire()).Floor);
        Assert.Equal(await ExpectedAsync(), await NamesAsync());
        Assert.Equal(result with { Bytes = 0 }, (await Store.LastAsync(North1(), default))! with { Bytes = 0 });

        _site.Queries.Clear();
        var again = await RunAsync();
        Assert.Equal((0, 0), (again.BucketsDifferent, again.Mended));
        Assert.Single(_site.Queries);
    }

    [Fact]
    public async Task What_is_on_its_way_refused_or_leaving_is_left_alone()
    {
        _site.Hosts[1].Hostname = "newer-1";
        _site.Standings[1] = DirectoryStanding.Waiting;
        _site.Hosts[2].Hostname = "refused-2";
        _site.Standings[2] = DirectoryStanding.Refused;
        _site.Hosts.Remove(3);
        _site.Standings[3] = DirectoryStanding.Leaving;
        _site.Standings[Count + 5] = DirectoryStanding.Leaving; // never was in the directory

        var result = await RunAsync();

        Assert.Equal((2, 1, 0), (result.Waiting, result.Refused, result.Mended));
        Assert.Empty(_site.Resent);
    }

    [Fact]
    public async Task What_changed_during_the_comparison_is_no_difference()
    {
        _site.Hosts[1].Hostname = "newer-1";
        _site.Hosts.Remove(2);
        _site.Hosts[Count + 1] = State("newcomer");
        _site.Meanwhile = () => _directory.ApplyAsync(North, Entry(1, 6, _site.Hosts[1]), Deletion(2, 6), Entry(Count + 1, 1, _site.Hosts[Count + 1]));

        var result = await RunAsync();

        Assert.Equal((3, 0), (result.Waiting, result.Mended));
        Assert.Empty(_site.Resent);
    }

    [Fact]
    public async Task A_host_of_another_site_is_left_alone()
    {
        _site.Hosts[9_000] = State("stolen");

        var result = await RunAsync();

        Assert.Equal((1, 0), (result.Elsewhere, result.Mended));
        Assert.Equal("south-1", await _directory.ScalarAsync<string>($"select hostname from hosts_host where id = '{Host(9_000).Value}'"));
    }

    [Fact]
    public async Task A_directory_that_lost_everything_asks_with_buckets_for_all_that_the_site_has()
    {
        await _directory.ScalarAsync<int>("delete from hosts_host where site = 1");

        var result = await RunAsync(hostCount: 0);

        Assert.Equal((Count, 64), (result.Missing, result.Buckets));
        Assert.Equal([0U, 6U], _site.Queries.Take(2).Select(q => q.Bits));
        Assert.Equal(await ExpectedAsync(), await NamesAsync());
    }

    public static TheoryData<string> Lies => ["short sums", "another bucket", "twice", "no id", "unknown standing", "too many"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_site_that_answers_nonsense_gets_an_error_and_changes_nothing(string lie)
    {
        await _directory.ScalarAsync<int>($"delete from hosts_host where id = '{Host(1).Value}'");
        var before = await _directory.RowsAsync();
        _site.Lie = (answer, query) =>
        {
            switch (lie)
            {
                case "short sums": answer.Sums = ByteString.CopyFrom(answer.Sums.Span[..^1]); break;
                case var _ when query.Buckets.Count == 0: break;
                case "another bucket": answer.Entries.Add(new DirectoryDigestEntry { HostId = new HostId(new Guid(-1, 0, 0, new byte[8])).ToWire() }); break;
                case "twice": answer.Entries.Add(answer.Entries[0]); break;
                case "no id": answer.Entries[0].HostId = ByteString.CopyFromUtf8("short"); break;
                case "unknown standing": answer.Entries[0].Standing = (DirectoryStanding)77; break;
                case "too many": answer.Entries.AddRange(Enumerable.Repeat(answer.Entries[0], 20_001)); break;
                default: throw new InvalidOperationException(lie);
            }
        };

        var result = await RunAsync();

        Assert.Equal((ErrorCodes.UnexpectedAnswer, 0), (result.ErrorCode, result.Mended));
        Assert.Empty(_site.Resent);
        Assert.Equal(before, await _directory.RowsAsync());
        Assert.Equal(result.Error, (await Store.LastAsync(North1(), default))!.Error);
    }

    [Fact]
    public async Task A_site_is_compared_once_a_night_and_later_if_it_was_away()
    {
        var night = new DateTimeOffset(_directory.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddDays(1).AddHours(3);
        var driver = new ReconcileDriver(Reconciler, Store, new Hanse.Coordinator.Sites.SiteStore(_directory.Source, _directory.Clock), _site,
            new CoordinatorOptions { DataFolder = "", KeyFile = "", Names = TestKit.TestPki.Names("hq.test"), Addresses = [] }, _directory.Clock,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<ReconcileDriver>.Instance);
        _directory.Clock.Advance(night.AddMinutes(-1) - _directory.Clock.GetUtcNow());
        await _directory.ScalarAsync<int>("update sites_site set created_at = '2000-01-01', enrolled_at = null");
        await driver.RoundAsync(default); // the night before was missed
        Assert.Single(_site.Queries);

        _site.Connected = [];
        _directory.Clock.Advance(TimeSpan.FromHours(2));
        await driver.RoundAsync(default);
        Assert.Single(_site.Queries);

        _site.Connected = [SiteOf(North)];
        await driver.RoundAsync(default);
        await driver.RoundAsync(default);
        Assert.Equal(2, _site.Queries.Count);

        _directory.Clock.Advance(TimeSpan.FromDays(1));
        await driver.RoundAsync(default);
        Assert.Equal(3, _site.Queries.Count);
    }

    [Fact]
    public void Turns_are_spread_over_the_hour_after_the_night_begins()
    {
        var now = new DateTimeOffset(2030, 5, 5, 12, 0, 0, TimeSpan.Zero);
        var turns = Enumerable.Range(0, 500).Select(_ => ReconcilePlanner.LastTurn(SiteId.New(), new TimeOnly(23, 30), now)).ToList();

        Assert.All(turns, t => Assert.InRange(t, new(2030, 5, 4, 23, 30, 0, TimeSpan.Zero), new(2030, 5, 5, 0, 30, 0, TimeSpan.Zero)));
        Assert.True(turns.Select(t => t.Minute).Distinct().Count() > 50);
    }

    private static SiteRow North1(long hosts = Count) => new()
    {
        Key = North, Id = SiteOf(North).Value, Name = "north", Status = (short)SiteLifecycle.Enrolled, ExternalNames = [], Addresses = [], HostCount = hosts,
    };

    private Task<Reconciliation> RunAsync(long hostCount = Count) => Reconciler.RunAsync(North1(hostCount), default);

    private Task<IReadOnlyList<string>> NamesAsync() => ListAsync("select string_agg(id || ' ' || hostname || ' ' || status, ',' order by id) from hosts_host where site = 1");

    private Task<IReadOnlyList<string>> ExpectedAsync() => Task.FromResult<IReadOnlyList<string>>(
        [.. _site.Hosts.Select(h => $"{Host(h.Key).Value} {h.Value.Hostname.ToLowerInvariant()} {(int)h.Value.Status}").Order(StringComparer.Ordinal)]);

    private async Task<IReadOnlyList<string>> ListAsync(string sql) => (await _directory.ScalarAsync<string>(sql))!.Split(',');
}
