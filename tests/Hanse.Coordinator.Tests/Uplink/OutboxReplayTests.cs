using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Coordinator.Uplink;
using Hanse.Coordinator.Uplink.Api;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Coordinator.Tests.Uplink;

/// <summary>Sites with much to tell, or with what they should not tell: pacing and fairness (U7), backups (U4), entries of newer versions and of others (U3).</summary>
public sealed class OutboxReplayTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_an_entry_of_a_newer_version_When_sent_Then_it_alone_is_refused_and_taken_once_it_is_known()
    {
        var site = await LinkedAsync("newer");
        var unknown = Record.Parser.ParseFrom(new byte[] { 0xba, 0x3f, 0x02, 0x08, 0x01 }); // field 1015, of no version yet

        var receipt = await site.SendAsync(1, Note("before"), unknown, Note("after"));

        var refusal = Assert.Single(receipt.Refusals);
        Assert.Equal((2UL, ErrorCodes.RecordUnknown, 3UL), (refusal.Sequence, refusal.Code, receipt.HighWater));
        Assert.Equal(["before", "after"], await host.QueryAsync<string>("select operation from audit_entry where site_id = @id and operation in ('before', 'after') order by seq", new { id = site.Id.Value }));
        Assert.Equal([unknown.ToByteArray()], await host.QueryAsync<byte[]>("select record from uplink_refusal where site_id = @id", new { id = site.Id.Value }));
    }

    [Fact]
    public async Task Given_a_site_in_a_new_epoch_When_it_asks_how_far_older_ones_came_Then_each_has_its_mark_and_too_many_are_malformed()
    {
        var site = await LinkedAsync("renumbered");
        var before = site.Epoch;
        await site.SendAsync(1, Note("one"), Note("two"));
        site.Epoch = CommandId.New().ToWire();
        Assert.Null(await site.DialAsync());

        var stranger = CommandId.New().ToWire();
        var answer = await site.AskAsync<RecordReceipt>(Method.RecordBatch, new RecordBatch { Epoch = site.Epoch, FirstSequence = 1, OlderEpochs = { before, stranger } });
        Assert.Equal(0UL, answer.Value!.HighWater);
        Assert.Equal(
            new Dictionary<ByteString, ulong> { [before] = 2, [stranger] = 0 }, answer.Value.OlderMarks.ToDictionary(m => m.Epoch, m => m.HighWater));

        var many = new RecordBatch { Epoch = site.Epoch, FirstSequence = 1, OlderEpochs = { Enumerable.Range(0, 1001).Select(_ => stranger) } };
        Assert.Equal(ErrorCodes.MalformedMessage, (await site.AskAsync<RecordReceipt>(Method.RecordBatch, many)).Error!.Code);
    }

    [Fact]
    public async Task Given_another_sites_epoch_or_command_When_told_Then_nothing_of_the_other_site_changes()
    {
        var (honest, liar) = (await LinkedAsync("honest"), await LinkedAsync("liar"));
        await honest.SendAsync(1, Note("mine"));
        var id = HostId.New();
        await honest.SendAsync(new StateEntry { Class = StateClass.Host, Key = id.ToWire(), Counter = 1, Host = new HostState { Hostname = "honest-1", Status = HostStatus.Online } });
        var (_, ordered) = await host.PostAsync("commands", new { hosts = new[] { id.ToString() }, script = new { arguments = new[] { "true" } } });
        var command = ordered.GetProperty("id").GetString()!;

        var forged = await liar.AskAsync<RecordReceipt>(Method.RecordBatch, new RecordBatch { Epoch = honest.Epoch, FirstSequence = 2, Records = { Note("not mine") } });
        Assert.True(CommandId.TryParse(command, out var commandId));
        var lie = await liar.SendAsync(1, new Record
        {
            Execution = new ExecutionRecord { Report = new ExecutionReport { CommandId = commandId.ToWire(), HostId = id.ToWire(), State = ExecutionState.Succeeded } },
        });

        Assert.Equal(ErrorCodes.FenceOutdated, forged.Error!.Code);
        Assert.Equal([1L], await host.QueryAsync<long>("select high_water from uplink_mark where site_id = @id", new { id = honest.Id.Value }));
        Assert.Equal([(short)ExecutionState.Queued], await host.QueryAsync<short>(
            "select state from commands_execution where command_id = @command and site_id = @site", new { command = commandId.Value, site = honest.Id.Value }));
        Assert.Equal(1UL, lie.HighWater);
    }

    [Fact]
    public async Task Given_a_replay_When_a_large_batch_was_taken_Then_the_site_is_asked_to_hold_back_and_a_small_one_is_not()
    {
        var site = await LinkedAsync("paced");
        var gate = host.Get<ReplayGate>();

        ulong sent = 0;
        using (await gate.EnterAsync(default)) // somebody else's turn
        {
            Assert.Equal(1UL, (await site.SendAsync(++sent, Note("small"))).HighWater);
            var waiting = site.SendAsync(2, Notes(ReplayGate.Large));
            await Wait.For("its turn to be awaited", () => gate.Waiting == 1);
            host.Clock.Advance(TimeSpan.FromMilliseconds(700));
            Assert.False(waiting.IsCompleted);
            sent += ReplayGate.Large;
            _ = waiting.ContinueWith(done => Assert.Equal(sent, done.Result.HighWater), TaskScheduler.Default);
        }

        await Wait.For("the batch to be taken", async () =>
            (await host.QueryAsync<long>("select high_water from uplink_mark where site_id = @id", new { id = site.Id.Value })).Single() == (long)sent);
        Assert.Equal(0U, (await site.SendAsync(sent + 1, Note("small"))).PauseMs);
    }

    [Fact]
    public async Task Given_a_turn_that_took_a_while_When_it_ends_Then_the_pause_is_as_long_and_bounded()
    {
        var clock = new ManualClock();
        using var gate = new ReplayGate(clock);
        using var turn = await gate.EnterAsync(default);

        clock.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(300U, turn.PauseMs);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(5_000U, turn.PauseMs);
    }

    [Fact]
    public async Task Given_a_site_with_much_and_one_with_little_When_both_replay_Then_the_little_one_waits_for_one_turn_only()
    {
        using var gate = new ReplayGate(new ManualClock());
        var order = new List<string>();
        var held = await gate.EnterAsync(default);
        async Task ReplayAsync(string who, int batches)
        {
            for (var i = 0; i < batches; i++)
            {
                using var turn = await gate.EnterAsync(default);
                order.Add(who);
                await Task.Yield();
            }
        }

        var much = ReplayAsync("much", 20);
        var little = ReplayAsync("little", 2);
        held.Dispose();
        await Task.WhenAll(much, little);

        Assert.True(order.LastIndexOf("little") <= 4, string.Join(' ', order));
    }

    [Fact]
    public async Task Given_a_backup_that_was_verified_When_the_site_sends_Then_it_is_told_how_far_it_is_covered()
    {
        var site = await LinkedAsync("backed");
        await site.SendAsync(1, Note("a"), Note("b"));
        var marks = host.Get<IBackupMarks>();
        IReadOnlyList<SiteMark> held;
        await using (var connection = await host.Get<Npgsql.NpgsqlDataSource>().OpenConnectionAsync())
        {
            held = await marks.ReadAsync(connection, default);
        }

        Assert.Equal(0UL, (await site.SendAsync(3, Note("c"))).BackedUp);
        await marks.CoverAsync(held, default);
        Assert.Equal(2UL, (await site.SendAsync(4, Note("d"))).BackedUp);
        await marks.CoverAsync([.. held.Where(m => m.Site == site.Id).Select(m => m with { HighWater = 1 })], default);
        await marks.CoverAsync([new SiteMark(site.Id, Guid.Empty, 99)], default);
        Assert.Equal(2UL, (await site.SendAsync(5, Note("e"))).BackedUp);
    }

    [Fact]
    public async Task Given_what_a_site_tells_of_its_queues_When_shown_Then_it_is_there_with_the_end_of_its_last_link()
    {
        var site = await LinkedAsync("queued");
        var status = new SiteStatus { QueueDepth = 7, ReplayMs = 90_000, Queues = { new QueueStatus { Class = OutboxClass.Record, Waiting = 7, OldestUnixMs = 1_700_000_000_000, SetAside = 2 } } };
        Assert.True((await site.AskAsync<Empty>(Method.SiteStatus, status)).Succeeded);
        Assert.Equal(ErrorCodes.MalformedMessage, (await site.AskAsync<Empty>(
            Method.SiteStatus, new SiteStatus { Queues = { new QueueStatus { Waiting = ulong.MaxValue } } })).Error!.Code);
        await site.Link!.CloseAsync(new Error { Code = "link-closing", Message = "going home" });

        var shown = await Wait.ForValue("the end of the link", async () =>
            await GetAsync("sites/queued") is var s && s.GetProperty("lastError").ValueKind == JsonValueKind.Object ? s.ToString() : null);

        var view = JsonDocument.Parse(shown).RootElement;
        var queue = view.GetProperty("queues").EnumerateArray().Single();
        Assert.Equal(("record", 7, 2), (queue.GetProperty("class").GetString(), queue.GetProperty("waiting").GetInt32(), queue.GetProperty("setAside").GetInt32()));
        Assert.Equal("link-closing", view.GetProperty("lastError").GetProperty("code").GetString());
        Assert.Equal("1m30s", view.GetProperty("replayEstimate").GetString());
    }

    [Fact]
    public async Task Given_a_site_When_its_outbox_is_asked_for_and_settled_Then_it_answers_and_the_wish_is_audited_first()
    {
        var site = await LinkedAsync("asked");
        var wishes = new List<OutboxSettlement>();
        site.OnOutbox = request => request switch
        {
            OutboxQuery { Filter: "set-aside" } => LinkReply.Of(new OutboxPage { Entries = { new OutboxEntry { Id = "refused-1", Class = OutboxClass.Record, Status = "set-aside", Kind = "audit", Code = "record-unknown" } } }),
            OutboxEntryQuery { Id: "refused-1" } => LinkReply.Of(new OutboxEntryDetail { Entry = new OutboxEntry { Id = "refused-1" }, Json = "{ \"a\": 1 }" }),
            OutboxEntryQuery => LinkReply.Refuse(ErrorCodes.NotFound, "none"),
            OutboxSettlement { Id: "record-1" } => LinkReply.Refuse(ErrorCodes.OutboxEntryNotSetAside, "it waits"),
            OutboxSettlement wish => Take(wish),
            _ => LinkReply.Refuse("unexpected-answer", request.ToString()!),
        };
        LinkReply Take(OutboxSettlement wish)
        {
            wishes.Add(wish);
            return LinkReply.Done;
        }

        Assert.Equal("refused-1", (await GetAsync("sites/asked/outbox?status=set-aside")).GetProperty("items")[0].GetProperty("id").GetString());
        Assert.Equal(1, (await GetAsync("sites/asked/outbox/refused-1")).GetProperty("content").GetProperty("a").GetInt32());
        using var missing = await host.Socket.GetAsync("sites/asked/outbox/refused-9");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        using var dropped = await host.Socket.PostAsJsonAsync("sites/asked/outbox/refused-1/drop", new { reason = "known" });
        Assert.Equal(HttpStatusCode.NoContent, dropped.StatusCode);
        Assert.Equal(("known", true), (Assert.Single(wishes).Reason, wishes[0].Drop));
        Assert.Equal(ErrorCodes.OutboxEntryNotSetAside, (await host.PostAsync("sites/asked/outbox/record-1/retry", new { })).Body.GetProperty("code").GetString());
        Assert.Equal(
            ["outbox.drop:", "outbox.drop.outcome:succeeded", "outbox.retry:", "outbox.retry.outcome:outbox-entry-not-set-aside"],
            await host.QueryAsync<string>("select operation || ':' || coalesce(outcome, '') from audit_entry where site_id = @id and operation like 'outbox.%' order by seq", new { id = site.Id.Value }));

        var offline = await host.JoinAsync("asked-offline");
        Assert.NotNull(offline);
        Assert.Equal(ErrorCodes.SiteOffline, (await host.PostAsync("sites/asked-offline/outbox/refused-1/drop", new { })).Body.GetProperty("code").GetString());
    }

    private static Record Note(string operation) => new() { Audit = new AuditRecord { Operation = operation, Actor = "site", DetailJson = "{}" } };

    private static Record[] Notes(int count) => [.. Enumerable.Range(0, count).Select(i => Note($"n{i}"))];

    private async Task<TestSite> LinkedAsync(string name)
    {
        var site = await host.JoinAsync(name);
        Assert.Null(await site.DialAsync());
        return site;
    }

    private Task<JsonElement> GetAsync(string path) => host.Socket.GetFromJsonAsync<JsonElement>(path);
}
