using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hanse.Coordinator.Enrollment;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Coordinator.Tests.Gateways;

/// <summary>Gateways from their invitation to their removal, by the real client over real TLS and real links (G1).</summary>
public sealed class GatewayTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_the_same_key_When_redeemed_again_Then_the_certificate_is_the_same_and_another_key_is_refused_and_audited()
    {
        var (invitation, key) = (await InviteAsync("again"), NodeKey.Generate());

        var first = Assert.IsType<GatewayJoinOutcome.Joined>(await RedeemAsync(invitation, key));
        var again = Assert.IsType<GatewayJoinOutcome.Joined>(await RedeemAsync(invitation, key));
        var other = Assert.IsType<GatewayJoinOutcome.Refused>(await RedeemAsync(invitation, NodeKey.Generate()));

        Assert.Equal(first.Credential.Leaf.Thumbprint, again.Credential.Leaf.Thumbprint);
        Assert.Equal(NodeKind.Gateway, first.Credential.Identity.Kind);
        Assert.Equal(ErrorCodes.TokenUsed, other.Refusal.Code);
        Assert.Contains(ErrorCodes.TokenUsed, await host.QueryAsync<string>("select outcome from audit_entry where operation = 'gateway.join'"));
    }

    [Fact]
    public async Task Given_a_token_of_another_kind_When_redeemed_Then_it_is_unknown_and_stays_good()
    {
        var gateway = await InviteAsync("kind");
        var site = await host.InviteAsync("kind");

        Assert.Equal(ErrorCodes.TokenUnknown, Assert.IsType<SiteJoinOutcome.Refused>(await host.RedeemAsync(site with { Secret = gateway.Secret }, NodeKey.Generate())).Refusal.Code);
        Assert.Equal(ErrorCodes.TokenUnknown, Assert.IsType<GatewayJoinOutcome.Refused>(await RedeemAsync(gateway with { Secret = site.Secret }, NodeKey.Generate())).Refusal.Code);
        Assert.IsType<GatewayJoinOutcome.Joined>(await RedeemAsync(gateway, NodeKey.Generate()));
        Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(site, NodeKey.Generate()));
    }

    [Fact]
    public async Task Given_a_linked_gateway_When_a_site_joins_is_suspended_and_is_removed_Then_its_route_comes_stays_and_goes()
    {
        var gateway = await JoinAsync("all");
        Assert.Null(await gateway.DialAsync());
        await Wait.For("the first snapshot", () => !gateway.States.IsEmpty);
        Assert.Equal(["hq.test", "link.hq.test"], gateway.Routes.Routes.Single(r => r.Kind == NodeKind.Coordinator).ServerNames);

        var site = await host.JoinAsync("routed");
        await RouteAsync(gateway, "routed", there: true);
        var route = gateway.Routes.Routes.Single(r => r.Name == "routed");
        Assert.Equal((site.Id.ToWire(), "routed.test link.routed.test", "routed.test:7443"), (route.NodeId, string.Join(' ', route.ServerNames), route.Addresses.Single()));
        var number = gateway.Routes.Number;

        await DoneAsync("sites/routed/suspend", new { reason = "looked at" });
        host.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Contains(gateway.Routes.Routes, r => r.Name == "routed");

        await DoneAsync("sites/routed/remove", new { reason = "closed" });
        await RouteAsync(gateway, "routed", there: false);
        Assert.True(gateway.Routes.Number > number);
        Assert.Contains(SiteId.FromBytes(route.NodeId.Span), TrustAnchors.FromWire(gateway.States.Last().Trust)!.Revocations.Sites.AsEnumerable());
    }

    [Fact]
    public async Task Given_a_gateway_of_one_site_When_it_links_Then_it_is_told_of_no_other_and_not_of_the_coordinator()
    {
        await host.JoinAsync("mine");
        await host.JoinAsync("others");
        var gateway = await JoinAsync("narrow", new
        {
            name = "narrow", sites = new[] { "mine" }, console = false, pseudonyms = true, standbys = new Dictionary<string, string[]> { ["mine"] = ["10.0.0.9:7443"] },
        });

        Assert.Null(await gateway.DialAsync());
        await Wait.For("the first snapshot", () => !gateway.States.IsEmpty);

        var route = Assert.Single(gateway.Routes.Routes);
        Assert.Equal(("mine", true, "10.0.0.9:7443"), (route.Name, route.Pseudonymous, route.StandbyAddresses.Single()));
    }

    [Fact]
    public async Task Given_a_drain_When_it_is_resumed_Then_the_gateway_and_the_sites_are_told_of_both_and_both_are_audited()
    {
        var site = await host.JoinAsync("behind");
        Assert.Null(await site.DialAsync());
        var gateway = await JoinAsync("drained", new { name = "drained", addresses = new[] { "door.test:443" } });
        Assert.Null(await gateway.DialAsync());
        await ToldAsync("the site to be told of the gateway", () => site.Desired.LastOrDefault()?.GatewayAddresses.Contains("door.test:443") == true);

        await DoneAsync("gateways/drained/drain", new { window = "90s", reason = "kernel" });
        await ToldAsync("the gateway to drain", () => gateway.States.LastOrDefault() is { Draining: true, DrainWindowMs: 90_000 });
        await ToldAsync("the site to be told that it is gone", () => !site.Desired.Last().GatewayAddresses.Contains("door.test:443"));

        await DoneAsync("gateways/drained/resume");
        await ToldAsync("the gateway to resume", () => gateway.States.Last() is { Draining: false });
        await ToldAsync("the site to be told that it is back", () => site.Desired.Last().GatewayAddresses.Contains("door.test:443"));
        Assert.Equal(
            ["gateway.invite", "gateway.join", "gateway.drain", "gateway.resume"],
            await host.QueryAsync<string>("select operation from audit_entry where convert_from(bytes, 'UTF8') like @id order by seq", new { id = $"%{gateway.Id}%" }));
    }

    [Fact]
    public async Task Given_a_removed_gateway_When_it_comes_again_Then_it_is_banned_for_links_and_renewals_and_its_name_is_free()
    {
        var gateway = await JoinAsync("removed");
        Assert.Null(await gateway.DialAsync());

        await DoneAsync("gateways/removed/remove", new { reason = "stolen" });

        await Wait.For("its link to be cut", () => gateway.Link!.Ended.IsCancellationRequested);
        Assert.Equal(ErrorCodes.Banned, (await gateway.DialAsync())?.Code);
        Assert.Equal(ErrorCodes.Banned, Assert.IsType<RenewOutcome.Refused>(await RenewAsync(gateway, NodeKey.Generate())).Refusal.Code);
        Assert.Contains(gateway.Id, host.Get<Federation>().Trust.Value.Revocations.Gateways.AsEnumerable());
        await JoinAsync("removed");
    }

    [Fact]
    public async Task Given_an_invitation_that_was_taken_back_When_redeemed_Then_it_is_unknown()
    {
        var invitation = await InviteAsync("withdrawn");
        await DoneAsync("gateways/withdrawn/remove", new { reason = "" });

        Assert.Equal(ErrorCodes.TokenUnknown, Assert.IsType<GatewayJoinOutcome.Refused>(await RedeemAsync(invitation, NodeKey.Generate())).Refusal.Code);
    }

    [Fact]
    public async Task Given_a_new_key_When_renewed_Then_the_identity_stays_and_the_old_join_string_answers_no_more()
    {
        var invitation = await InviteAsync("renewed");
        var first = NodeKey.Generate();
        var gateway = new TestGateway(host, Assert.IsType<GatewayJoinOutcome.Joined>(await RedeemAsync(invitation, first)));
        Assert.Null(await gateway.DialAsync());
        var key = NodeKey.Generate();

        var renewed = Assert.IsType<RenewOutcome.Renewed>(await RenewAsync(gateway, key));

        gateway.Credential = renewed.ToCredential(key);
        Assert.Equal(gateway.Identity, gateway.Credential.Identity);
        Assert.Null(await gateway.DialAsync());
        Assert.Equal(ErrorCodes.TokenUsed, Assert.IsType<GatewayJoinOutcome.Refused>(await RedeemAsync(invitation, first)).Refusal.Code);
    }

    [Fact]
    public async Task Given_a_report_When_shown_Then_it_is_what_was_counted_and_a_malformed_one_changes_nothing()
    {
        var gateway = await JoinAsync("counting");
        Assert.Null(await gateway.DialAsync());
        var report = new GatewayReport
        {
            StartedUnixMs = host.Clock.GetUtcNow().ToUnixTimeMilliseconds(), SoftwareVersion = "1.2", Total = new() { Active = 3, Accepted = 5, BytesIn = 7, DialMeanUs = 1500, DialP99Us = 2500 },
            Routes = { new RouteCount { Name = "north", Active = 2 } }, Refusals = { new NamedCount { Name = "unknown-name", Count = 9 } },
        };

        Assert.Null(await gateway.ReportAsync(report));
        Assert.Equal(ErrorCodes.MalformedMessage, (await gateway.ReportAsync(new() { SoftwareVersion = "two\nlines" }))?.Code);

        var shown = await host.Socket.GetFromJsonAsync<JsonElement>("gateways/counting");
        Assert.Equal((3, "1.2", "online"), (shown.GetProperty("connections").GetInt32(), shown.GetProperty("version").GetString(), shown.GetProperty("link").GetString()));
        var counted = shown.GetProperty("report");
        Assert.Equal((0.0, 2.5), (counted.GetProperty("total").GetProperty("dialP50Ms").GetDouble(), counted.GetProperty("total").GetProperty("dialP99Ms").GetDouble()));
        Assert.Equal((9, 1.5, "north"), (
            counted.GetProperty("refusals").GetProperty("unknown-name").GetInt32(), counted.GetProperty("total").GetProperty("dialMeanMs").GetDouble(),
            counted.GetProperty("routes")[0].GetProperty("name").GetString()));
    }

    [Theory]
    [InlineData("{\"name\":\"a b\\u0007\"}", "name")]
    [InlineData("{\"name\":\"ok\",\"addresses\":[\"no port\"]}", "addresses")]
    [InlineData("{\"name\":\"ok\",\"sites\":[\"nowhere\"]}", "sites")]
    [InlineData("{\"name\":\"ok\",\"standbys\":{\"nowhere\":[]}}", "sites")]
    [InlineData("{\"name\":\"ok\",\"ttl\":\"-1s\"}", "ttl")]
    public async Task An_invitation_that_makes_no_sense_is_refused_by_field(string body, string field)
    {
        var (_, problem) = await host.PostAsync("gateways/invitations", JsonSerializer.Deserialize<JsonElement>(body));

        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    private async Task<JoinInvitation> InviteAsync(string name, object? request = null)
    {
        var (status, body) = await host.PostAsync("gateways/invitations", request ?? new { name });
        Assert.True(status == HttpStatusCode.OK, body.ToString());
        Assert.Equal("hanse-gateway join", body.GetProperty("command").GetString());
        return Assert.IsType<JoinStringOutcome.Read>(JoinString.Parse(body.GetProperty("joinString").GetString(), NodeKind.Gateway, host.Clock.GetUtcNow())).Invitation;
    }

    private Task<GatewayJoinOutcome> RedeemAsync(JoinInvitation invitation, NodeKey key) => new JoinClient(host.Clock).JoinGatewayAsync(invitation, key, "1.0", default);

    private async Task<TestGateway> JoinAsync(string name, object? request = null) =>
        new(host, Assert.IsType<GatewayJoinOutcome.Joined>(await RedeemAsync(await InviteAsync(name, request), NodeKey.Generate())));

    private Task<RenewOutcome> RenewAsync(TestGateway gateway, NodeKey key) => new RenewClient(host.Clock).RenewAsync(
        new SessionTarget(gateway.Joined.CoordinatorAddresses, gateway.Joined.CoordinatorServerName, PeerExpectation.Coordinator()), gateway.Credential,
        new PeerVerifier(CurrentTrust.InMemory(gateway.Trust), host.Clock), key, default);

    private Task RouteAsync(TestGateway gateway, string site, bool there) =>
        ToldAsync($"the route of {site} to be {(there ? "there" : "gone")}", () => gateway.Routes.Routes.Any(r => r.Name == site) == there);

    /// <summary>Drivers look again on the host's clock.</summary>
    private Task ToldAsync(string what, Func<bool> condition) => Wait.For(what, () =>
    {
        host.Clock.Advance(TimeSpan.FromMilliseconds(500));
        return condition();
    });

    private async Task DoneAsync(string path, object? body = null)
    {
        using var answer = await host.Socket.PostAsJsonAsync(path, body ?? new { });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
