using System.Net;
using Hanse.Coordinator.Sites.Api;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Protocol.Errors;
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
