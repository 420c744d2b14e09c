using Google.Protobuf;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Coordinator.Uplink;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Coordinator.Tests.Uplink;

/// <summary>What a coordinator takes of its sites, and what it refuses (U1–U3, U6, L6, D1), over real links.</summary>
public sealed class UplinkTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_a_batch_sent_twice_or_overlapping_When_applied_Then_each_record_counts_once()
    {
        var site = await LinkedAsync("duplicates");

        Assert.Equal(2ul, (await site.SendAsync(1, Note("dup.a"), Note("dup.b"))).HighWater);
        Assert.Equal(2ul, (await site.SendAsync(1, Note("dup.a"), Note("dup.b"))).HighWater);
        Assert.Equal(3ul, (await site.SendAsync(2, Note("dup.b"), Note("dup.c"))).HighWater);

        Assert.Equal(["dup.a", "dup.b", "dup.c"], await host.QueryAsync<string>("select operation from audit_entry where operation like 'dup.%' order by seq"));
    }

    [Fact]
    public async Task Given_a_batch_after_a_gap_When_sent_Then_nothing_is_applied_and_the_mark_is_told()
    {
        var site = await LinkedAsync("gap");
        await site.SendAsync(1, Note("gap.a"));

        Assert.Equal(1ul, (await site.SendAsync(5, Note("gap.e"))).HighWater);

        Assert.Equal(["gap.a"], await host.QueryAsync<string>("select operation from audit_entry where operation like 'gap.%'"));
    }

    [Fact]
    public async Task Given_records_that_cannot_be_applied_When_sent_Then_they_are_refused_by_number_and_hold_nothing_up()
    {
        var site = await LinkedAsync("poison");
        var wild = Note("poison.time");
        wild.Audit.OccurredUnixMs = long.MaxValue;

        var receipt = await site.SendAsync(
            1, Note("poison.first"), new Record(), wild, new Record { Ban = new BanRecord { HostId = ByteString.CopyFromUtf8("abc") } },
            new Record { Execution = new ExecutionRecord { Report = new ExecutionReport { CommandId = ByteString.CopyFromUtf8("abc") } } }, Note("poison.last"));

        Assert.Equal(6ul, receipt.HighWater);
        Assert.Equal([2ul, 3ul, 4ul, 5ul], receipt.Refusals.Select(r => r.Sequence));
        Assert.All(receipt.Refusals, r => Assert.NotEmpty(r.Message));
        Assert.Equal(["poison.first", "poison.last"], await host.QueryAsync<string>("select operation from audit_entry where operation like 'poison.%' order by seq"));
        var confirmed = await site.AskAsync<RecordReceipt>(
            Method.RecordBatch, new RecordBatch { Epoch = site.Epoch, FirstSequence = 7, ConfirmedRefusals = { 2, 3, 4, 5 } });
        Assert.Empty(confirmed.Value!.Refusals);
    }

    [Theory]
    [InlineData(0, 16)]
    [InlineData(ulong.MaxValue, 16)]
    [InlineData(1, 3)]
    public async Task Given_a_batch_that_is_none_When_sent_Then_it_is_refused_and_the_mark_stays(ulong first, int epochBytes)
    {
        var site = await LinkedAsync($"malformed-{first % 7}-{epochBytes}");
        await site.SendAsync(1, Note("x"));

        var records = await site.AskAsync<RecordReceipt>(
            Method.RecordBatch, new RecordBatch { Epoch = ByteString.CopyFrom(site.Epoch.Span[..epochBytes]), FirstSequence = first, Records = { Note("y") } });

        Assert.Equal(ErrorCodes.MalformedMessage, records.Error!.Code);
        Assert.Equal(1ul, (await site.SendAsync(2)).HighWater);
    }

    [Fact]
    public async Task Given_a_newer_link_of_the_site_When_the_older_still_sends_Then_nothing_of_it_is_applied()
    {
        var site = await LinkedAsync("fenced");
        var old = (long)site.Link!.Fence;
        Assert.Null(await site.DialAsync());

        var late = await host.Get<RecordIntake>().ApplyAsync(site.Id, old, new RecordBatch { Epoch = site.Epoch, FirstSequence = 1, Records = { Note("fenced.late") } }, default);
        var state = await host.Get<StateIntake>().ApplyAsync(site.Id, old, new StateBatch { Epoch = site.Epoch, Entries = { Host(HostId.New(), 1, "late") } }, default);

        Assert.Null(late);
        Assert.Null(state);
        Assert.Equal(1ul, (await site.SendAsync(1, Note("fenced.now"))).HighWater);
    }

    [Fact]
    public async Task Given_an_epoch_that_another_has_followed_When_shown_again_Then_a_new_one_is_asked_for()
    {
        var site = await LinkedAsync("epochs");
        var first = site.Epoch;
        site.Epoch = CommandId.New().ToWire();
        Assert.Null(await site.DialAsync());

        site.Epoch = first;

        Assert.Equal(ErrorCodes.EpochOutdated, (await site.DialAsync())!.Code);
    }

    [Fact]
    public async Task Given_states_in_any_order_When_sent_Then_the_newest_stays()
    {
        var (site, id) = (await LinkedAsync("states"), HostId.New());

        await site.SendAsync(Host(id, 5, "newest"));
        await site.SendAsync(Host(id, 3, "older"), Host(id, 5, "same"));

        Assert.Equal(["newest"], await HostnamesAsync(id));
        await site.SendAsync(new StateEntry { Class = StateClass.Host, Key = id.ToWire(), Counter = 6, Deleted = true });
        await site.SendAsync(Host(id, 4, "ghost"));
        Assert.Empty(await HostnamesAsync(id));
    }

    [Fact]
    public async Task Given_a_site_that_tells_of_anothers_host_When_sent_Then_state_and_ban_are_refused_and_the_owner_keeps_it()
    {
        var (owner, thief, id) = (await LinkedAsync("owner"), await LinkedAsync("thief"), HostId.New());
        await owner.SendAsync(Host(id, 1, "mine"));

        var states = await thief.SendAsync(Host(id, 9, "stolen"));
        var records = await thief.SendAsync(1, new Record { Ban = new BanRecord { HostId = id.ToWire(), Actor = "x", Reason = "y" } });

        Assert.Equal(ErrorCodes.HostOwnedElsewhere, states.Refusals.Single().Code);
        Assert.Equal(ErrorCodes.HostOwnedElsewhere, records.Refusals.Single().Code);
        Assert.Equal(["mine"], await HostnamesAsync(id));
        Assert.Empty(await host.QueryAsync<Guid>("select host_id from enrollment_ban where host_id = @id", new { id = id.Value }));
    }

    [Fact]
    public async Task Given_states_that_cannot_be_stored_When_sent_beside_a_sound_one_Then_each_is_refused_and_the_sound_one_is_taken()
    {
        var (site, id) = (await LinkedAsync("unsound"), HostId.New());
        var wild = Rollup("r.time", "{}");
        wild.Rollup.ComputedUnixMs = long.MaxValue;

        var receipt = await site.SendAsync(
            Host(id, 1, "sound"), Host(HostId.New(), 1, "nul\0"), new StateEntry { Class = (StateClass)77, Key = id.ToWire(), Counter = 1 }, wild,
            Rollup("r.nul", "{\"\\u0000\":1}"), Rollup("r.json", "{"), Rollup("r\0", "{}"), Rollup("r.number", "1"), Rollup("r.less", "{\"a\":-1}"), Rollup("r.sound", "{\"a\":1}"));

        Assert.Equal(8, receipt.Refusals.Count);
        Assert.Equal(["sound"], await HostnamesAsync(id));
        Assert.Equal(["r.sound"], await host.QueryAsync<string>("select metric from rollups_value where site_id = @id", new { id = site.Id.Value }));
    }

    [Fact]
    public async Task Given_a_status_that_is_none_When_sent_Then_it_is_refused_and_the_one_before_stays()
    {
        var site = await LinkedAsync("status");
        Assert.True((await site.AskAsync<Empty>(Method.SiteStatus, new SiteStatus { HostCount = 3 })).Succeeded);

        var answer = await site.AskAsync<Empty>(Method.SiteStatus, new SiteStatus { HostCount = 9, OldestRecordUnixMs = long.MaxValue });

        Assert.Equal(ErrorCodes.MalformedMessage, answer.Error!.Code);
        Assert.Equal([3L], await host.QueryAsync<long>("select host_count from sites_site where id = @id", new { id = site.Id.Value }));
    }

    [Fact]
    public async Task Given_a_site_that_comes_online_When_linked_Then_it_is_told_its_desired_state_with_its_own_key()
    {
        var site = await LinkedAsync("desired");

        await Wait.For("the desired state", () => !site.Desired.IsEmpty);

        Assert.True(site.Desired.TryPeek(out var state));
        Assert.Equal(("desired", 32, "desired.test"), (state.SiteName, state.SiteKey.Length, state.ExternalNames.Single()));
        Assert.NotEmpty(state.Trust.Roots);
    }

    [Fact]
    public async Task Given_a_site_whose_observed_generation_lags_When_time_goes_by_Then_it_is_told_again()
    {
        var site = await LinkedAsync("lagging");
        await Wait.For("the first telling", () => !site.Desired.IsEmpty);
        await host.QueryAsync<int>("update sites_site set generation = 7 where id = @id returning 1", new { id = site.Id.Value });

        await Wait.For("the newer generation", () =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            return site.Desired.Any(d => d.Generation == 7);
        });
    }

    [Fact]
    public async Task Given_a_site_that_was_removed_When_it_links_Then_it_is_unknown()
    {
        var site = await host.JoinAsync("removed");
        await host.QueryAsync<int>("update sites_site set status = 3 where id = @id returning 1", new { id = site.Id.Value });

        Assert.Equal(ErrorCodes.Unknown, (await site.DialAsync())!.Code);
    }

    private static Record Note(string operation) => new() { Audit = new AuditRecord { Operation = operation, Actor = "site", DetailJson = "{}" } };

    private static StateEntry Rollup(string metric, string json) => new()
    {
        Class = StateClass.Rollup, Key = ByteString.CopyFromUtf8(metric), Counter = 1, Rollup = new RollupState { Metric = metric, ValueJson = json },
    };

    private static StateEntry Host(HostId id, ulong counter, string hostname) => new()
    {
        Class = StateClass.Host, Key = id.ToWire(), Counter = counter,
        Host = new HostState { Hostname = hostname, Status = HostStatus.Online, LastSeenUnixMs = 1_800_000_000_000 },
    };

    private async Task<IReadOnlyList<string>> HostnamesAsync(HostId id) =>
        await host.QueryAsync<string>("select hostname from hosts_host where id = @id", new { id = id.Value });

    private async Task<TestSite> LinkedAsync(string name)
    {
        var site = await host.JoinAsync(name);
        var refusal = await site.DialAsync();
        return refusal is null ? site : throw new InvalidOperationException(refusal.ToString());
    }
}
