using System.Net;
using System.Text.Json;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Tests.Fixtures;
using Hanse.Site.Uplink;
using Hanse.Site.Uplink.Api;
using Hanse.TestKit;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Tests.Uplink;

/// <summary>The outbox as an operator sees and settles it, at the socket and over the link (U3), its bounds and its retention (U4, U7).</summary>
public sealed class OutboxDeskTests : LinkedSiteTests
{
    [Fact]
    public async Task Given_a_refused_record_When_retried_Then_it_goes_under_a_new_number_and_both_are_audited()
    {
        var id = await RefusedAsync("bad");
        var shown = await Site.GetAsync($"outbox/{id}");
        Assert.Equal("bad", shown.GetProperty("content").GetProperty("audit").GetProperty("operation").GetString());

        Coordinator.Refused.Clear();
        Assert.Equal(HttpStatusCode.NoContent, await SettleAsync(id, "retry"));

        await AppliedAsync(3);
        Assert.Equal(["bad", "bad", "outbox.retry"], Coordinator.Applied.Select(r => r.Audit.Operation));
        Assert.Empty(await ListAsync("set-aside"));
        Assert.Equal(HttpStatusCode.NotFound, await SettleAsync(id, "retry"));
        Assert.Equal(["outbox.retry"], await Site.QueryAsync<string>("select operation from audit_entry where operation like 'outbox.%'"));
    }

    [Fact]
    public async Task Given_a_refused_record_When_dropped_over_the_link_Then_the_coordinator_hears_of_that_and_never_of_it()
    {
        var id = await RefusedAsync("bad");

        var page = await Coordinator.AskAsync<OutboxPage>(Method.OutboxList, new OutboxQuery { Limit = 10 });
        var entry = Assert.Single(page.Value!.Entries);
        Assert.Equal((id, "set-aside", "audit", "bad", ErrorCodes.RecordInvalid), (entry.Id, entry.Status, entry.Kind, entry.Subject, entry.Code));
        var dropped = await Coordinator.AskAsync<Empty>(Method.OutboxSettle, new OutboxSettlement { Id = id, Drop = true, Actor = "ada", Reason = "a test" });

        Assert.True(dropped.Succeeded);
        await AppliedAsync(2);
        var note = Coordinator.Applied[1].Audit;
        Assert.Equal(("outbox.drop", "ada"), (note.Operation, note.Actor));
        Assert.Contains("a test", note.DetailJson, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.OutboxEntryNotFound, (await Coordinator.AskAsync<Empty>(Method.OutboxSettle, new OutboxSettlement { Id = id, Drop = true, Actor = "ada" })).Error!.Code);
        Assert.Equal(ErrorCodes.NotFound, (await Coordinator.AskAsync<OutboxEntryDetail>(Method.OutboxShow, new OutboxEntryQuery { Id = id })).Error!.Code);
    }

    [Fact]
    public async Task Given_what_merely_waits_When_settled_Then_it_is_refused_and_waits_on()
    {
        await CutAsync();
        await AppendAsync("waits", "waits too");

        var listed = await ListAsync("waiting");

        Assert.Equal(["waits", "waits too"], listed.Select(e => e.GetProperty("subject").GetString()));
        Assert.Equal(HttpStatusCode.Conflict, await SettleAsync(listed[0].GetProperty("id").GetString()!, "drop"));
        Assert.Equal(2, (await ListAsync("waiting")).Count);
        var first = await Site.GetAsync("outbox?limit=1");
        var next = await Site.GetAsync($"outbox?limit=1&cursor={first.GetProperty("next").GetString()}");
        Assert.Equal("waits too", next.GetProperty("items")[0].GetProperty("subject").GetString());
        Assert.Equal(JsonValueKind.Null, next.GetProperty("next").ValueKind);
    }

    [Theory]
    [InlineData("outbox?status=odd", HttpStatusCode.BadRequest)]
    [InlineData("outbox?cursor=odd", HttpStatusCode.BadRequest)]
    [InlineData("outbox/refused-x", HttpStatusCode.NotFound)]
    [InlineData("outbox/refusedstate-1-zz", HttpStatusCode.NotFound)]
    [InlineData("outbox/record-99999999999999999999", HttpStatusCode.NotFound)]
    public async Task Given_an_id_or_filter_that_is_none_When_asked_Then_it_is_said(string path, HttpStatusCode status)
    {
        using var answer = await Site.Socket.GetAsync(path);
        Assert.Equal(status, answer.StatusCode);
        if (path.Contains('/', StringComparison.Ordinal))
        {
            Assert.Equal(HttpStatusCode.NotFound, await SettleAsync(path.Split('/')[1], "drop"));
        }
    }

    [Fact]
    public async Task Given_a_refused_state_When_retried_Then_it_is_told_again_as_newer()
    {
        var agent = await TestAgent.JoinAsync(Site);
        await Wait.For("the row at the coordinator", () => Coordinator.States.ContainsKey(agent.Host.ToWire().ToBase64()));
        var before = Coordinator.States[agent.Host.ToWire().ToBase64()].Counter;
        await Wait.For("its answer here", async () => (await Site.QueryAsync<bool>("select acknowledged = counter from uplink_state where class = 1")).All(done => done));
        await Site.QueryAsync<int>("update uplink_state set refusal = 'host-owned-elsewhere: it is', acknowledged = counter");

        var entry = Assert.Single(await ListAsync("set-aside"));
        Assert.Equal(("host", agent.Host.ToString(), "host-owned-elsewhere"),
            (entry.GetProperty("kind").GetString(), entry.GetProperty("subject").GetString(), entry.GetProperty("code").GetString()));
        Assert.Equal(HttpStatusCode.NoContent, await SettleAsync(entry.GetProperty("id").GetString()!, "retry"));

        await Wait.For("a newer version", () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return Coordinator.States[agent.Host.ToWire().ToBase64()].Counter > before;
        });
    }

    [Fact]
    public async Task Given_a_coordinator_that_asks_for_a_pause_When_more_waits_Then_nothing_is_sent_before_it_is_over()
    {
        Coordinator.PauseMs = 3_000;
        await AppendAsync("first");
        // The answer to the site's first question may ask for a pause as well.
        await Wait.For("the first to be applied", () =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            return Coordinator.Applied.Count == 1;
        });
        await AppendAsync("second");

        // Nobody else moves the clock, so this is the time that passed, but for the last step above.
        var began = Clock.GetUtcNow();
        await Wait.For("the second to be applied", () =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            return Coordinator.Applied.Count == 2;
        });
        Assert.True(Clock.GetUtcNow() - began >= TimeSpan.FromSeconds(2.8));
    }

    [Fact]
    public async Task Given_outcomes_with_much_output_When_they_are_replayed_Then_each_batch_fits_a_frame()
    {
        await CutAsync();
        var output = new string('x', 30_000);
        await AppendAsync([.. Enumerable.Range(0, 60).Select(i => $"{i}{output}")]);

        await Wait.For("the site to come back and tell all", () =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(500));
            return Coordinator.Applied.Count == 60;
        });

        Assert.All(Coordinator.Batches, b => Assert.True(b.CalculateSize() < 900_000));
        Assert.Equal(Enumerable.Range(0, 60).Select(i => i.ToString()), Coordinator.Applied.Select(r => r.Audit.Operation.TrimEnd('x')));
    }

    [Fact]
    public async Task Given_more_records_than_may_wait_When_commands_come_Then_they_are_refused_until_some_are_taken()
    {
        await using var small = new SiteHost { Clock = Clock, Pki = Site.Federation, OutboxBound = 2 };
        await small.InitializeAsync();
        var agent = await TestAgent.JoinAsync(small);
        await AppendAsync(small, "a", "b", "c");
        var order = new { hosts = new[] { agent.Host.ToString() }, script = new { arguments = new[] { "id" } } };

        await Wait.For("the site to be full", async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return (await small.GetAsync("status")).GetProperty("outboxFull").GetBoolean();
        });
        Assert.Equal(ErrorCodes.OutboxFull, (await small.PostAsync("commands", order)).Body.GetProperty("code").GetString());

        await small.QueryAsync<int>("update uplink_record set acknowledged_at = '2020-01-01'");
        await Wait.For("room", async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return !(await small.GetAsync("status")).GetProperty("outboxFull").GetBoolean();
        });
        Assert.Equal(HttpStatusCode.Created, (await small.PostAsync("commands", order)).Status);
    }

    [Fact]
    public async Task Given_a_week_and_a_backup_When_pruned_Then_only_what_both_cover_is_forgotten()
    {
        Coordinator.BackedUp = 1;
        await AppendAsync("covered", "not covered");
        await AppliedAsync(2);
        await Wait.For("both to be acknowledged", async () => (await Site.Get<IUplinkStatus>().DepthAsync(default)).Waiting == 0);
        var records = Site.Get<RecordStore>();

        await records.PruneAsync(100, default);
        Assert.Equal(2, (await Site.RecordsAsync()).Count); // not a week old
        Clock.Advance(TimeSpan.FromDays(7.1));
        await records.PruneAsync(100, default);
        Assert.Equal(["not covered"], (await Site.RecordsAsync()).Select(r => r.Audit.Operation));
        await records.PruneAsync(0, default); // U7: the bound on those that only wait for a backup
        Assert.Empty(await Site.RecordsAsync());
    }

    private async Task<string> RefusedAsync(string operation)
    {
        Coordinator.Refused.Add(operation);
        await AppendAsync(operation);
        var entry = await Wait.ForValue("the refusal to be set aside", async () => (await ListAsync("set-aside")) is [var only] ? only.ToString() : null);
        return JsonDocument.Parse(entry).RootElement.GetProperty("id").GetString()!;
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string status) =>
        [.. (await Site.GetAsync($"outbox?status={status}")).GetProperty("items").EnumerateArray()];

    private async Task<HttpStatusCode> SettleAsync(string id, string verb)
    {
        using var answer = await Site.Socket.PostAsync($"outbox/{id}/{verb}", System.Net.Http.Json.JsonContent.Create(new { reason = "test" }));
        return answer.StatusCode;
    }

    private Task AppliedAsync(int count) => Wait.For(
        $"{count} records to be applied", () => Coordinator.Applied.Count == count, found: () => string.Join(' ', Coordinator.Applied.Select(r => r.Audit?.Operation)));

    private async Task CutAsync()
    {
        await Coordinator.Link!.CloseAsync(new Error { Code = ErrorCodes.LinkClosing, Message = "cut" });
        await Wait.For("the link to be gone", () => Site.Get<IUplinkStatus>().Link?.Health == Hanse.Link.LinkHealth.Offline);
    }

    private Task AppendAsync(params string[] operations) => AppendAsync(Site, operations);

    private static async Task AppendAsync(SiteHost site, params string[] operations)
    {
        var outbox = site.Get<IOutbox>();
        await using var connection = await site.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await outbox.AppendAsync(transaction, [.. operations.Select(o => new Record { Audit = new AuditRecord { Operation = o } })], default);
        await transaction.CommitAsync();
        outbox.Wake();
    }
}
