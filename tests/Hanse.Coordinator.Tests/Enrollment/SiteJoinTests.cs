using System.Net;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Coordinator.Tests.Enrollment;

/// <summary>Joining of sites (J1, J2), by the real client over real TLS, and the invitations they join by.</summary>
public sealed class SiteJoinTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_the_same_key_When_redeemed_again_Then_the_answer_is_the_same_until_the_first_link()
    {
        var (invitation, key) = (await host.InviteAsync("again"), NodeKey.Generate());

        var first = Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(invitation, key));
        var again = Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(invitation, key));

        Assert.Equal((first.Site, first.Intermediate.Thumbprint), (again.Site, again.Intermediate.Thumbprint));
        Assert.Equal(first.SiteKey, again.SiteKey);
    }

    [Fact]
    public async Task Given_a_used_string_When_another_key_redeems_it_Then_it_is_refused_and_audited()
    {
        var invitation = await host.InviteAsync("used");
        await host.RedeemAsync(invitation, NodeKey.Generate());

        Assert.Equal(ErrorCodes.TokenUsed, (await RefusedAsync(invitation)).Code);
        Assert.Contains(ErrorCodes.TokenUsed, await host.QueryAsync<string>("select outcome from audit_entry where operation = 'site.join'"));
    }

    [Fact]
    public async Task Given_a_string_past_its_time_When_redeemed_Then_the_coordinators_clock_says_so_and_nothing_is_enrolled()
    {
        var invitation = await host.InviteAsync("late", ttl: "2s");
        host.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(ErrorCodes.TokenExpired, (await RefusedAsync(invitation)).Code);
        Assert.Equal([(short)0], await host.QueryAsync<short>("select status from sites_site where name = 'late'"));
    }

    [Fact]
    public async Task Given_a_token_that_was_never_given_When_redeemed_Then_it_is_unknown() =>
        Assert.Equal(ErrorCodes.TokenUnknown, (await RefusedAsync(await host.InviteAsync("forged") with { Secret = new byte[32] })).Code);

    [Fact]
    public async Task Given_pins_of_another_root_When_redeemed_Then_the_token_is_not_sent_and_stays_good()
    {
        var invitation = await host.InviteAsync("misled");

        var refusal = await RefusedAsync(invitation with { RootPins = [SpkiHash.Of(new TestPki(host.Clock).Root.Certificate)] });

        Assert.Equal(ErrorCodes.WrongPins, refusal.Code);
        Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(invitation, NodeKey.Generate()));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Given_a_clock_wrong_by_a_day_When_redeemed_Then_the_clock_is_named_and_the_token_stays_good(int days)
    {
        var invitation = await host.InviteAsync($"clock-{days + 1}");
        var wrong = new ManualClock(host.Clock.GetUtcNow().AddDays(days));

        var refusal = Assert.IsType<SiteJoinOutcome.Refused>(await host.RedeemAsync(invitation, NodeKey.Generate(), wrong)).Refusal;

        Assert.Equal(ErrorCodes.ClockSkew, refusal.Code);
        Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(invitation, NodeKey.Generate()));
    }

    [Fact]
    public async Task Given_a_fresh_token_When_asked_how_a_join_would_go_Then_the_site_is_told_of_itself_and_nothing_is_used_up()
    {
        var invitation = await host.InviteAsync("asked");

        var forecast = await new SiteJoinCheck(host.Clock).AskAsync(invitation, [1], default);

        Assert.Null(forecast.Refusal);
        Assert.Equal(("asked", "asked.test:7443", (string?)null), (forecast.Answer!.SiteName, forecast.Answer.Addresses.Single(), forecast.Answer.Refusal?.Code));
        Assert.Equal(["asked.test"], forecast.Answer.Unresolved); // .test never resolves
        Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(invitation, NodeKey.Generate()));
    }

    [Fact]
    public async Task Given_a_token_that_opens_nothing_When_asked_Then_the_reason_is_told_and_nothing_of_the_registry()
    {
        var (invitation, late) = (await host.InviteAsync("asked-used"), await host.InviteAsync("asked-late", ttl: "2s"));
        await host.JoinAsync("asked-linked");
        host.Clock.Advance(TimeSpan.FromSeconds(3));
        var check = new SiteJoinCheck(host.Clock);

        var unknown = await check.AskAsync(invitation with { Secret = new byte[32] }, [1], default);
        var expired = await check.AskAsync(late with { Expires = host.Clock.GetUtcNow().AddHours(1) }, [1], default);

        Assert.Equal((ErrorCodes.TokenUnknown, ""), (unknown.Answer!.Refusal.Code, unknown.Answer.SiteName));
        Assert.Equal((ErrorCodes.TokenExpired, 0), (expired.Answer!.Refusal.Code, expired.Answer.Addresses.Count));
    }

    [Fact]
    public async Task Given_a_name_that_is_taken_When_invited_Then_it_is_refused_by_field()
    {
        await host.InviteAsync("taken");

        var (status, problem) = await host.PostAsync("sites/invitations", new { name = "taken", externalNames = new[] { "other.test" } });

        Assert.Equal((HttpStatusCode.Conflict, "name"), (status, problem.GetProperty("field").GetString()));
    }

    [Theory]
    [InlineData("control")]
    [InlineData("long")]
    [InlineData("sql")]
    [InlineData("shell")]
    [InlineData("empty")]
    public async Task Given_a_name_that_is_none_When_invited_Then_the_field_is_named_and_no_site_is_made(string what)
    {
        var name = what switch
        {
            "control" => "north\u001b[2J", "long" => new string('a', 10_000), "sql" => "x'; drop table sites_site; --", "shell" => "$(reboot)", _ => "",
        };
        var before = (await host.QueryAsync<long>("select count(*) from sites_site")).Single();

        var (status, problem) = await host.PostAsync("sites/invitations", new { name, externalNames = new[] { "north.test" } });

        Assert.Equal((HttpStatusCode.BadRequest, "name-invalid", "name"), (status, problem.GetProperty("code").GetString(), problem.GetProperty("field").GetString()));
        Assert.Equal(before, (await host.QueryAsync<long>("select count(*) from sites_site")).Single());
    }

    private async Task<JoinRefusal> RefusedAsync(JoinInvitation invitation) =>
        Assert.IsType<SiteJoinOutcome.Refused>(await host.RedeemAsync(invitation, NodeKey.Generate())).Refusal;
}
