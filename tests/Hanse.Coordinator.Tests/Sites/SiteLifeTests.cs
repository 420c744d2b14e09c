using System.Net;
using Hanse.Coordinator.Sites.Api;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Coordinator.Tests.Sites;

/// <summary>What becomes of a site after its invitation, over real links.</summary>
public sealed class SiteLifeTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_a_regenerated_invitation_When_redeemed_Then_only_the_new_string_opens()
    {
        var old = await host.InviteAsync("regenerated");
        var (status, body) = await host.PostAsync("sites/regenerated/invitation", new { });
        var next = CoordinatorHost.Read(body.GetProperty("joinString").GetString()!, host.Clock);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(ErrorCodes.TokenUnknown, await RefusalAsync(old));
        Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(next, NodeKey.Generate()));
        Assert.Equal(ErrorCodes.SiteNotPending, await ProblemAsync("sites/regenerated/invitation", new { }));
    }

    [Fact]
    public async Task Given_a_cancelled_invitation_When_redeemed_Then_it_is_unknown_and_the_name_is_free()
    {
        var invitation = await host.InviteAsync("cancelled");
        await DoneAsync("sites/cancelled/cancel");

        Assert.Equal(ErrorCodes.TokenUnknown, await RefusalAsync(invitation));
        Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(await host.InviteAsync("cancelled"), NodeKey.Generate()));
        Assert.Equal(ErrorCodes.SiteNotPending, await ProblemAsync("sites/cancelled/cancel", new { }));
    }

    [Fact]
    public async Task Given_a_join_and_a_cancel_at_once_When_both_have_ended_Then_exactly_one_of_them_won()
    {
        for (var round = 0; round < 10; round++)
        {
            var invitation = await host.InviteAsync($"raced-{round}");
            var joining = host.RedeemAsync(invitation, NodeKey.Generate());
            var cancelling = host.PostAsync($"sites/raced-{round}/cancel", new { });
            await Task.WhenAll(joining, IgnoreBodyAsync(cancelling));

            var statuses = await host.QueryAsync<short>("select status from sites_site where name = @name", new { name = $"raced-{round}" });
            Assert.Equal([(short)((await joining) is SiteJoinOutcome.Joined ? 1 : 3)], statuses);
        }
    }

    [Fact]
    public async Task Given_a_suspended_site_When_it_sends_Then_nothing_is_accepted_until_it_is_resumed()
    {
        var site = await host.JoinAsync("suspended");
        Assert.Null(await site.DialAsync());
        await DoneAsync("sites/suspended/suspend", new { reason = "looked at" });

        var refused = await site.AskAsync<RecordReceipt>(Method.RecordBatch, new RecordBatch { Epoch = site.Epoch, FirstSequence = 1, Records = { Audit() } });
        Assert.Equal(ErrorCodes.SiteSuspended, refused.Error!.Code);
        Assert.Equal(ErrorCodes.SiteSuspended, (await site.AskAsync<StateReceipt>(Method.StateBatch, new StateBatch { Epoch = site.Epoch })).Error!.Code);
        await Wait.For("the site to be told", () => site.Desired.Any(d => d.Suspended));
        Assert.False(site.Link!.Ended.IsCancellationRequested);
        Assert.Equal(ErrorCodes.SiteNotEnrolled, await ProblemAsync("sites/suspended/suspend", new { }));

        await DoneAsync("sites/suspended/resume");
        Assert.Equal(1UL, (await site.SendAsync(1, Audit())).HighWater);
        await Wait.For("the site to be told again", () => !site.Desired.Last().Suspended);
    }

    [Fact]
    public async Task Given_a_site_suspended_in_another_life_When_it_links_Then_it_is_given_no_work_from_the_first_moment()
    {
        var site = await host.JoinAsync("inherited");
        await host.QueryAsync<int>("update sites_site set status = 2 where name = 'inherited'");

        Assert.Null(await site.DialAsync());

        var links = host.Get<ISiteChannel>();
        await Wait.For("its link to be noted", () => links.Connected.Contains(site.Id));
        Assert.DoesNotContain(site.Id, links.Accepting);
        Assert.Equal(ErrorCodes.SiteSuspended, (await links.RequestAsync<Empty>(site.Id, Method.HostRemove, new HostRemove(), TimeSpan.FromSeconds(5), default)).Failure!.Code);
    }

    [Fact]
    public async Task Given_a_removed_site_When_it_comes_again_Then_it_is_banned_and_the_others_know()
    {
        var (site, other) = (await host.JoinAsync("removed"), await host.JoinAsync("bystander"));
        Assert.Null(await site.DialAsync());
        Assert.Null(await other.DialAsync());
        await DoneAsync("sites/removed/remove", new { reason = "closed" });

        await Wait.For("its link to be cut", () => site.Link!.Ended.IsCancellationRequested);
        Assert.Equal(ErrorCodes.Banned, (await site.DialAsync())!.Code);
        await Wait.For("the other site to hold the list", () => other.Desired.Any(d => Revocations(d)?.Sites.Contains(site.Id) == true));
        Assert.DoesNotContain("removed", await host.QueryAsync<string>("select name from sites_site where status <> 3"));
        Assert.Equal(ErrorCodes.SiteNotFound, await ProblemAsync("sites/removed/remove", new { }));
        await host.InviteAsync("removed");
    }

    [Fact]
    public async Task Given_executions_of_a_site_When_it_is_removed_Then_each_ends_at_once_with_the_reason()
    {
        var (site, idle, busy) = (await host.JoinAsync("emptied"), HostId.New(), HostId.New());
        Assert.Null(await site.DialAsync());
        await site.SendAsync(Host(idle, "idle-1"), Host(busy, "busy-1"));
        var (waiting, begun) = (await OrderAsync(idle), await OrderAsync(busy));
        var told = new ExecutionReport { CommandId = begun.ToWire(), HostId = busy.ToWire(), State = ExecutionState.Running };
        await site.SendAsync(1, new Record { Execution = new ExecutionRecord { Report = told } });

        await DoneAsync("sites/emptied/remove", new { reason = "closed" });

        Assert.Equal(("failed", "rejected", "site-removed"), await EndAsync(waiting));
        Assert.Equal(("partial", "unknown", "site-removed"), await EndAsync(begun));
        Assert.Empty(await host.QueryAsync<Guid>("select command_id from commands_dispatch where site_id = @id", new { id = site.Id.Value }));
        var entry = Assert.Single(await AuditAsync("site.remove", site.Id));
        Assert.Equal(("2", "2"), (entry.GetProperty("detail").GetProperty("hosts").GetString(), entry.GetProperty("detail").GetProperty("executions").GetString()));
    }

    [Fact]
    public async Task Given_a_site_that_leaves_When_it_asked_Then_it_gets_its_answer_and_comes_back_as_banned()
    {
        var site = await host.JoinAsync("leaving");
        Assert.Null(await site.DialAsync());

        var left = await site.AskAsync<Empty>(Method.SiteLeave, new SiteLeave { Actor = "local:0", Reason = "branch closed" });

        Assert.True(left.Succeeded, left.Error?.ToString());
        Assert.Equal(ErrorCodes.Banned, (await site.DialAsync())!.Code);
        var entry = Assert.Single(await AuditAsync("site.leave", site.Id));
        Assert.Equal(($"site:{site.Id}/local:0", "branch closed"), (entry.GetProperty("actor").GetString(), entry.GetProperty("reason").GetString()));
        await host.InviteAsync("leaving");
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("local:0", "two\nlines")]
    public async Task Given_a_malformed_wish_to_leave_When_sent_Then_the_site_stays(string actor, string reason)
    {
        var site = await host.JoinAsync($"staying-{reason.Length}");
        Assert.Null(await site.DialAsync());

        Assert.Equal(ErrorCodes.MalformedMessage, (await site.AskAsync<Empty>(Method.SiteLeave, new SiteLeave { Actor = actor, Reason = reason })).Error!.Code);

        Assert.Null(await site.DialAsync());
    }

    private static StateEntry Host(HostId id, string hostname) => new()
    {
        Class = StateClass.Host, Key = id.ToWire(), Counter = 1, Host = new HostState { Hostname = hostname, Status = HostStatus.Online },
    };

    private async Task<CommandId> OrderAsync(HostId target)
    {
        var (status, body) = await host.PostAsync("commands", new { hosts = new[] { target.ToString() }, script = new { arguments = new[] { "true" } } });
        Assert.True((int)status is 200 or 201 or 202, body.ToString());
        return CommandId.TryParse(body.GetProperty("id").GetString(), out var id) ? id : throw new FormatException(body.ToString());
    }

    private async Task<(string Command, string State, string Reason)> EndAsync(CommandId command)
    {
        var state = (await GetAsync($"commands/{command}")).GetProperty("state").GetString()!;
        var execution = (await GetAsync($"commands/{command}/executions")).GetProperty("items").EnumerateArray().Single();
        return (state, execution.GetProperty("state").GetString()!, execution.GetProperty("reason").GetString()!);
    }

    private async Task<IReadOnlyList<System.Text.Json.JsonElement>> AuditAsync(string operation, SiteId site) =>
        [.. (await GetAsync("audit?limit=1000")).GetProperty("items").EnumerateArray().Where(e =>
            e.GetProperty("operation").GetString() == operation && e.GetProperty("siteId").GetString() == site.ToString())];

    private Task<System.Text.Json.JsonElement> GetAsync(string path) => System.Net.Http.Json.HttpClientJsonExtensions.GetFromJsonAsync<System.Text.Json.JsonElement>(host.Socket, path);

    private static Revocations? Revocations(DesiredState state) => TrustAnchors.FromWire(state.Trust)?.Revocations;

    private static Record Audit() => new() { Audit = new AuditRecord { Operation = "test.done", Actor = "tester", DetailJson = "{}" } };

    private async Task<string> RefusalAsync(JoinInvitation invitation) =>
        Assert.IsType<SiteJoinOutcome.Refused>(await host.RedeemAsync(invitation, NodeKey.Generate())).Refusal.Code;

    private async Task<string> ProblemAsync(string path, object body) => (await host.PostAsync(path, body)).Body.GetProperty("code").GetString()!;

    private async Task DoneAsync(string path, object? body = null)
    {
        using var answer = await host.Socket.PostAsync(path, System.Net.Http.Json.JsonContent.Create(body ?? new { }));
        Assert.Equal((HttpStatusCode.NoContent, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private static async Task IgnoreBodyAsync(Task<(HttpStatusCode, System.Text.Json.JsonElement)> asked)
    {
        try
        {
            await asked;
        }
        catch (System.Text.Json.JsonException)
        {
            // A success has no body.
        }
    }
}
