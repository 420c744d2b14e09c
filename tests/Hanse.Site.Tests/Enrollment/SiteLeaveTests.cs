using System.Net;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment;
using Hanse.Site.Tests.Fixtures;
using Hanse.Site.Uplink.Api;
using Hanse.TestKit;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Tests.Enrollment;

/// <summary>A site that leaves its federation: told first, then erased; nothing is changed before, and a crash between is gone on from.</summary>
public sealed class SiteLeaveTests : LinkedSiteTests
{
    [Fact]
    public async Task Given_a_linked_site_When_it_leaves_Then_the_coordinator_knows_and_nothing_is_left_here()
    {
        var agent = await TestAgent.OnlineAsync(Site);

        var (status, body) = await LeaveAsync(new { reason = "branch closed" });

        Assert.Equal((HttpStatusCode.OK, true), (status, body.GetProperty("coordinatorKnows").GetBoolean()));
        Assert.Equal("branch closed", Assert.Single(Coordinator.Leaves).Reason);
        await ErasedAsync();
        Assert.Equal(ErrorCodes.LinkClosing, (await Wait.ForTask("the agent to be told", agent.Ended!)).Error.Code);
        await Site.RestartAsync(joined: false);
        Assert.False((await Site.GetAsync("status")).GetProperty("joined").GetBoolean());
    }

    [Fact]
    public async Task Given_an_answer_that_is_lost_When_the_next_link_is_banned_Then_the_site_has_left()
    {
        Coordinator.LeaveAnswerIsLost = true;

        var (status, body) = await LeaveAsync(new { });

        Assert.Equal((HttpStatusCode.OK, true), (status, body.GetProperty("coordinatorKnows").GetBoolean()));
        await ErasedAsync();
    }

    [Fact]
    public async Task Given_no_coordinator_When_it_leaves_Then_nothing_is_changed_unless_it_is_forced()
    {
        Coordinator.Refusal = new Error { Code = ErrorCodes.AdmittedLater, Message = "not now" };
        await Coordinator.Link!.CloseAsync(new Error { Code = ErrorCodes.LinkClosing, Message = "cut" });
        await Wait.For("the link to be gone", () => Site.Get<IUplinkStatus>().Link?.Health == Hanse.Link.LinkHealth.Offline);

        var (status, body) = await LeaveAsync(new { });
        Assert.Equal((HttpStatusCode.ServiceUnavailable, ErrorCodes.CoordinatorUnreachable), (status, body.GetProperty("code").GetString()));
        Assert.NotEmpty(await Site.QueryAsync<Guid>("select site_id from enrollment_site"));
        Assert.False(Site.Loops.IsCompleted);

        (status, body) = await LeaveAsync(new { force = true });
        Assert.Equal((HttpStatusCode.OK, false), (status, body.GetProperty("coordinatorKnows").GetBoolean()));
        await ErasedAsync();
    }

    [Fact]
    public async Task Given_an_outcome_that_waits_When_it_leaves_Then_it_stays_until_that_is_told()
    {
        Coordinator.NotTaking = new Error { Code = ErrorCodes.DatabaseUnavailable, Message = "not now" };
        await AppendAsync();

        var (status, body) = await LeaveAsync(new { });

        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.OutboxWaiting), (status, body.GetProperty("code").GetString()));
        Assert.Empty(Coordinator.Leaves);
        Assert.Single(await Site.RecordsAsync());
    }

    [Fact]
    public async Task Given_a_crash_after_the_mark_When_started_again_Then_the_rest_is_erased()
    {
        await File.WriteAllTextAsync(Site.FilePath("site/left"), "crashed here");

        await Site.RestartAsync(joined: false);

        await Wait.For("the tables to be empty", async () => (await Site.QueryAsync<Guid>("select site_id from enrollment_site")).Count == 0);
        await Wait.For("the mark to be gone", () => !File.Exists(Site.FilePath("site/left")));
        Assert.False(Directory.Exists(Site.FilePath("site/identity")));
        Assert.False(Site.Loops.IsCompleted);
    }

    private async Task<(HttpStatusCode, System.Text.Json.JsonElement)> LeaveAsync(object body)
    {
        var asked = Site.PostAsync("site/leave", body);
        await Wait.For("the answer", () =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(200));
            return asked.IsCompleted;
        });
        return await asked;
    }

    private async Task ErasedAsync()
    {
        await Wait.ForTask("the site to end by itself", Site.Loops);
        foreach (var table in new[] { "enrollment_site", "agents_host", "uplink_record", "uplink_state", "uplink_self" })
        {
            Assert.Equal([0], await Site.QueryAsync<int>($"select count(*)::int from {table}"));
        }

        Assert.False(Directory.Exists(Site.FilePath("site/identity")));
        Assert.Null(Site.Get<SiteIdentity>().Keys);
    }

    private async Task AppendAsync()
    {
        var outbox = Site.Get<IOutbox>();
        await using var connection = await Site.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await outbox.AppendAsync(transaction, [new Record { Audit = new AuditRecord { Operation = "x" } }], default);
        await transaction.CommitAsync();
        outbox.Wake();
    }
}
