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
public sealed class SiteLeaveTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly TestFolder _folder = new();
    private FakeCoordinator _coordinator = null!;
    private SiteHost _site = null!;

    public async ValueTask InitializeAsync()
    {
        var pki = new TestPki(_clock);
        _coordinator = new FakeCoordinator(pki, _folder.File("coordinator.sock"));
        await _coordinator.StartAsync();
        _site = new SiteHost { Clock = _clock, Pki = pki, Coordinator = _coordinator.Address };
        await _site.InitializeAsync();
        await LinkedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        await _coordinator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Given_a_linked_site_When_it_leaves_Then_the_coordinator_knows_and_nothing_is_left_here()
    {
        var agent = await TestAgent.OnlineAsync(_site);

        var (status, body) = await LeaveAsync(new { reason = "branch closed" });

        Assert.Equal((HttpStatusCode.OK, true), (status, body.GetProperty("coordinatorKnows").GetBoolean()));
        Assert.Equal("branch closed", Assert.Single(_coordinator.Leaves).Reason);
        await ErasedAsync();
        Assert.Equal(ErrorCodes.LinkClosing, (await Wait.ForTask("the agent to be told", agent.Ended!)).Error.Code);
        await _site.RestartAsync(joined: false);
        Assert.False((await _site.GetAsync("status")).GetProperty("joined").GetBoolean());
    }

    [Fact]
    public async Task Given_an_answer_that_is_lost_When_the_next_link_is_banned_Then_the_site_has_left()
    {
        _coordinator.LeaveAnswerIsLost = true;

        var (status, body) = await LeaveAsync(new { });

        Assert.Equal((HttpStatusCode.OK, true), (status, body.GetProperty("coordinatorKnows").GetBoolean()));
        await ErasedAsync();
    }

    [Fact]
    public async Task Given_no_coordinator_When_it_leaves_Then_nothing_is_changed_unless_it_is_forced()
    {
        _coordinator.Refusal = new Error { Code = ErrorCodes.AdmittedLater, Message = "not now" };
        await _coordinator.Link!.CloseAsync(new Error { Code = ErrorCodes.LinkClosing, Message = "cut" });
        await Wait.For("the link to be gone", () => _site.Get<IUplinkStatus>().Link?.Health == Hanse.Link.LinkHealth.Offline);

        var (status, body) = await LeaveAsync(new { });
        Assert.Equal((HttpStatusCode.ServiceUnavailable, ErrorCodes.CoordinatorUnreachable), (status, body.GetProperty("code").GetString()));
        Assert.NotEmpty(await _site.QueryAsync<Guid>("select site_id from enrollment_site"));
        Assert.False(_site.Loops.IsCompleted);

        (status, body) = await LeaveAsync(new { force = true });
        Assert.Equal((HttpStatusCode.OK, false), (status, body.GetProperty("coordinatorKnows").GetBoolean()));
        await ErasedAsync();
    }

    [Fact]
    public async Task Given_an_outcome_that_waits_When_it_leaves_Then_it_stays_until_that_is_told()
    {
        _coordinator.NotTaking = new Error { Code = ErrorCodes.DatabaseUnavailable, Message = "not now" };
        await AppendAsync();

        var (status, body) = await LeaveAsync(new { });

        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.OutboxWaiting), (status, body.GetProperty("code").GetString()));
        Assert.Empty(_coordinator.Leaves);
        Assert.Single(await _site.RecordsAsync());
    }

    [Fact]
    public async Task Given_a_crash_after_the_mark_When_started_again_Then_the_rest_is_erased()
    {
        await File.WriteAllTextAsync(_site.FilePath("site/left"), "crashed here");

        await _site.RestartAsync(joined: false);

        await Wait.For("the tables to be empty", async () => (await _site.QueryAsync<Guid>("select site_id from enrollment_site")).Count == 0);
        await Wait.For("the mark to be gone", () => !File.Exists(_site.FilePath("site/left")));
        Assert.False(Directory.Exists(_site.FilePath("site/identity")));
        Assert.False(_site.Loops.IsCompleted);
    }

    private async Task<(HttpStatusCode, System.Text.Json.JsonElement)> LeaveAsync(object body)
    {
        var asked = _site.PostAsync("site/leave", body);
        await Wait.For("the answer", () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(200));
            return asked.IsCompleted;
        });
        return await asked;
    }

    private async Task ErasedAsync()
    {
        await Wait.ForTask("the site to end by itself", _site.Loops);
        foreach (var table in new[] { "enrollment_site", "agents_host", "uplink_record", "uplink_state", "uplink_self" })
        {
            Assert.Equal([0], await _site.QueryAsync<int>($"select count(*)::int from {table}"));
        }

        Assert.False(Directory.Exists(_site.FilePath("site/identity")));
        Assert.Null(_site.Get<SiteIdentity>().Keys);
    }

    private async Task AppendAsync()
    {
        var outbox = _site.Get<IOutbox>();
        await using var connection = await _site.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await outbox.AppendAsync(transaction, [new Record { Audit = new AuditRecord { Operation = "x" } }], default);
        await transaction.CommitAsync();
        outbox.Wake();
    }

    private Task LinkedAsync() => Wait.For("the site's hello", () =>
    {
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        return _coordinator.Link is { End: null };
    });
}
