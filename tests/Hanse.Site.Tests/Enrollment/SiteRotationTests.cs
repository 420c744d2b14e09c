using Google.Protobuf;
using Hanse.Authority.Issuing;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Site.Tests.Enrollment;

/// <summary>The rotation of the root (T4) and bans (T6) as they reach a site and its agents, over real links.</summary>
public sealed class SiteRotationTests : LinkedSiteTests
{
    private RootAuthority _next = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _next = Pki.CreateRoot();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _next.Dispose();
    }

    [Fact]
    public async Task Given_a_next_root_When_published_Then_agents_confirm_it_and_the_site_tells_who_does_not()
    {
        var agent = await TestAgent.OnlineAsync(Site, "web-1");
        var full = await TestAgent.JoinAsync(Site, "full-disk");
        full.KeepsTrust = false;
        await full.ConnectAsync();
        var away = await TestAgent.JoinAsync(Site, "away-1");

        await DesireAsync(1, Pki.Root, _next);

        await InTimeAsync("the agent to be told both roots", () => agent.TrustSets.Any(s => s.Roots.Count == 2));
        await ReportedAsync("two hosts that lack it", r => r.Roots.Count == 2 && r.Lacking == 2);
        var report = Coordinator.Reports.Last();
        Assert.Equal(["away-1", "full-disk"], report.LackingHosts.Select(h => h.Hostname));
        Assert.Equal([false, true], report.LackingHosts.Select(h => h.Online));
        Assert.Equal((3ul, 0ul), (report.Agents, report.Depending));

        await away.ConnectAsync();
        full.KeepsTrust = true;
        await ReportedAsync("nobody that lacks it", r => r.Roots.Count == 2 && r.Lacking == 0);
    }

    [Fact]
    public async Task Given_a_switch_When_it_arrives_Then_the_site_renews_under_the_new_root_and_tells_whose_certificates_are_of_the_old()
    {
        var agent = await TestAgent.OnlineAsync(Site, "web-1");
        await DesireAsync(1, Pki.Root, _next);
        var tries = 0;
        Coordinator.OnRenew = request => tries++ == 0 ? NodeReply.Refuse(503, ErrorCodes.DatabaseUnavailable, "not now") : Renewed(request);

        await DesireAsync(2, _next, Pki.Root);

        await Wait.For("the first renewal to fail", () => tries == 1);
        await InTimeAsync("the renewal", () => Keys.Issuer.Value.Intermediate.IssuerName.Name == _next.Certificate.SubjectName.Name);
        await Wait.For("its own certificate", () => Keys.Server.Value.Chain[0].RawData.AsSpan().SequenceEqual(Keys.Issuer.Value.Intermediate.RawData));
        await ReportedAsync("one agent of the old root", r => r.IssuingRoot.Span.SequenceEqual(_next.Pin.ToBytes()) && r.Depending == 1);
        Assert.Equal("web-1", Coordinator.Reports.Last().DependingHosts.Single().Hostname);
        Assert.False(agent.Link!.Ended.IsCancellationRequested);

        // It renews, and is none of them any more.
        var verifier = new PeerVerifier(CurrentTrust.InMemory(Site.Trust.Value), Clock);
        var target = new SessionTarget([Site.Address], SiteHost.Names.LinkName, PeerExpectation.TheSite(Site.Id));
        var outcome = await new RenewClient(Clock).RenewAsync(target, agent.Credential, verifier, NodeKey.Generate(), default);
        Assert.IsType<RenewOutcome.Renewed>(outcome);
        await ReportedAsync("nobody of the old root", r => r.Depending == 0 && r.IssuingRoot.Span.SequenceEqual(_next.Pin.ToBytes()));
    }

    [Fact]
    public async Task Given_an_agent_that_missed_the_rotation_When_it_comes_back_Then_the_old_root_leads_it_to_the_new_one()
    {
        var agent = await TestAgent.JoinAsync(Site, "laptop-1");
        var trust = CurrentTrust.InMemory(Site.Trust.Value);
        Coordinator.OnRenew = Renewed;
        await DesireAsync(1, Pki.Root, _next);
        await DesireAsync(2, _next, Pki.Root);
        await Wait.For("the site's own certificate of the new root", () => Keys.Server.Value.Chain[0].IssuerName.Name == _next.Certificate.SubjectName.Name);

        Assert.Equal(ErrorCodes.NotTrusted, (await agent.DialAsync(trust))!.Code);
        Assert.True(await new RootRecovery(Clock).TryAsync([Site.Address], SiteHost.Names.LinkName, trust, default));
        Assert.Null(await agent.DialAsync(trust));
    }

    [Fact]
    public async Task Given_a_list_that_bans_a_live_host_When_it_arrives_Then_its_link_is_cut_and_it_stays_out()
    {
        var (banned, other) = (await TestAgent.OnlineAsync(Site, "stolen-1"), await TestAgent.OnlineAsync(Site, "web-1"));

        await DesireAsync(1, SignedList(1, banned.Host), Pki.Root);

        Assert.Equal(ErrorCodes.Banned, (await Wait.ForTask("the link to be cut", banned.Ended!)).Error.Code);
        Assert.Equal(ErrorCodes.Banned, (await banned.DialAsync())!.Code);
        Assert.False(other.Link!.Ended.IsCancellationRequested);
        await Wait.For("the host to be marked", async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return (await Site.QueryAsync<short>("select status from agents_host where id = @id", new { id = banned.Host.Value })).Single() == (short)HostStatus.Banned;
        });

        // It does not come back by renewing, nor after a restart.
        var verifier = new PeerVerifier(CurrentTrust.InMemory(Site.Trust.Value.WithRevocations(Revocations.None)), Clock);
        var target = new SessionTarget([Site.Address], SiteHost.Names.LinkName, PeerExpectation.TheSite(Site.Id));
        var refused = Assert.IsType<RenewOutcome.Refused>(await new RenewClient(Clock).RenewAsync(target, banned.Credential, verifier, NodeKey.Generate(), default));
        Assert.Equal(ErrorCodes.Banned, refused.Refusal.Code);
        await Site.RestartAsync();
        Assert.Equal(ErrorCodes.Banned, (await banned.DialAsync())!.Code);
    }

    /// <summary>A removed site still looks after its hosts, also when the list that says so reaches it before its link is cut.</summary>
    [Fact]
    public async Task Given_a_list_that_bans_this_very_site_When_it_arrives_Then_its_hosts_stay()
    {
        var agent = await TestAgent.OnlineAsync(Site, "web-1");
        await DesireAsync(1, SignedList(1, site: Site.Id), Pki.Root);

        Assert.Equal(0UL, Site.Trust.Value.Revocations.Number);
        Assert.False(agent.Link!.Ended.IsCancellationRequested);
        await (await TestAgent.JoinAsync(Site, "web-2")).ConnectAsync();
    }

    [Fact]
    public async Task Given_a_list_in_force_When_an_older_one_comes_with_a_newer_state_Then_the_highest_number_stays()
    {
        var host = await TestAgent.JoinAsync(Site, "stolen-1");
        await DesireAsync(1, SignedList(7, host.Host), Pki.Root);
        await DesireAsync(2, SignedList(6), Pki.Root);
        await DesireAsync(3, SignedRevocations(), Pki.Root);

        Assert.Equal(7ul, Site.Trust.Value.Revocations.Number);
        Assert.Equal(ErrorCodes.Banned, (await host.DialAsync())!.Code);

        // A restored coordinator's list wins, whatever its number (U5).
        await DesireAsync(4, SignedList(1, incarnation: 2), Pki.Root);
        Assert.Equal((2ul, 1ul), (Site.Trust.Value.Revocations.IncarnationNumber, Site.Trust.Value.Revocations.Number));
    }

    [Fact]
    public async Task Given_a_list_of_a_stranger_When_it_arrives_Then_nothing_of_the_set_is_taken_over()
    {
        var stranger = new TestPki(Clock);
        var host = await TestAgent.OnlineAsync(Site, "web-1");
        var list = new RevocationList { Number = 9, IncarnationNumber = 1, IssuedUnixS = Clock.GetUtcNow().ToUnixTimeSeconds(), HostIds = { host.Host.ToWire() } };

        await DesireAsync(1, RevocationSignature.Sign(list, stranger.Coordinator), Pki.Root, _next);

        Assert.Single(Site.Trust.Value.Roots);
        Assert.Equal(0ul, Site.Trust.Value.Revocations.Number);
        Assert.False(host.Link!.Ended.IsCancellationRequested);
    }

    [Fact]
    public async Task Given_a_customer_key_that_is_rotated_When_agents_join_Then_both_keys_open_until_the_overlap_is_over()
    {
        var fresh = System.Security.Cryptography.RandomNumberGenerator.GetBytes(JoinInvitation.SecretBytes);
        await DesireAsync(1, null, s => Overlap(s, TimeSpan.FromMinutes(30)), Pki.Root);
        await ReportedAsync("the new key", r => r.SiteKeyId.Span.SequenceEqual(SiteKey.IdOf(SiteKey.Derive(fresh, Site.Id))));

        Assert.IsType<AgentJoinOutcome.Joined>(await TestAgent.TryJoinAsync(Site, Site.Invitation(), NodeKey.Generate(), "by-old"));
        Assert.IsType<AgentJoinOutcome.Joined>(await TestAgent.TryJoinAsync(Site, Site.Invitation(fresh), NodeKey.Generate(), "by-new"));

        await DesireAsync(2, null, s => Overlap(s, TimeSpan.FromSeconds(-1)), Pki.Root);
        var refused = await TestAgent.TryJoinAsync(Site, Site.Invitation(), NodeKey.Generate(), "late");
        Assert.Equal(ErrorCodes.WrongCustomerKey, Assert.IsType<AgentJoinOutcome.Refused>(refused).Refusal.Code);

        void Overlap(DesiredState state, TimeSpan left)
        {
            (state.PreviousSiteKey, state.SiteKey) = (state.SiteKey, ByteString.CopyFrom(SiteKey.Derive(fresh, Site.Id)));
            state.PreviousSiteKeyUntilUnixMs = (Clock.GetUtcNow() + left).ToUnixTimeMilliseconds();
        }
    }

    private SiteKeys Keys => Site.Get<SiteIdentity>().Keys!;

    private NodeReply Renewed(RenewRequest request)
    {
        Assert.True(SigningRequest.TryReadPublicKey(request.Csr.Span, out var key));
        var certificate = _next.IssueForSite(Site.Id, key, SiteHost.Names, Clock);
        return NodeReply.Of(new RenewAnswer { Certificate = ByteString.CopyFrom(certificate.RawData), Trust = Set(2, _next, Pki.Root) });
    }

    private SignedRevocations SignedRevocations() => SignedList(0);

    private SignedRevocations SignedList(ulong number, HostId? host = null, ulong incarnation = 1, SiteId? site = null)
    {
        var list = new RevocationList { Number = number, IncarnationNumber = incarnation, IssuedUnixS = Clock.GetUtcNow().ToUnixTimeSeconds() };
        if (host is { } banned)
        {
            list.HostIds.Add(banned.ToWire());
        }

        if (site is { } removed)
        {
            list.SiteIds.Add(removed.ToWire());
        }

        return RevocationSignature.Sign(list, Pki.Coordinator);
    }

    private TrustSet Set(ulong generation, params RootAuthority[] roots)
    {
        var anchors = new TrustAnchors(Pki.Federation, roots.Select(r => r.Certificate), [Pki.CoordinatorIssuer.Intermediate])
        {
            Generation = generation, IncarnationNumber = 1, Successions = [Pki.Root.VouchFor(_next.Certificate)],
        };
        return anchors.ToWire();
    }

    private Task DesireAsync(ulong generation, params RootAuthority[] roots) => DesireAsync(generation, null, roots);

    private Task DesireAsync(ulong generation, SignedRevocations? list, params RootAuthority[] roots) => DesireAsync(generation, list, _ => { }, roots);

    private async Task DesireAsync(ulong generation, SignedRevocations? list, Action<DesiredState> change, params RootAuthority[] roots)
    {
        var set = Set(generation, roots);
        set.Revocations = list?.ToByteString() ?? ByteString.Empty;
        var state = new DesiredState
        {
            Incarnation = CommandId.New().ToWire(), IncarnationNumber = 1, Generation = generation, SiteName = "north", Trust = set,
            SiteKey = ByteString.CopyFrom(SiteKey.Derive(Site.CustomerKey, Site.Id)), ExternalNames = { SiteHost.Name }, Addresses = { Site.Address.ToString() },
        };
        change(state);
        var answer = await Coordinator.AskAsync<DesiredStateReceipt>(Method.DesiredState, state);
        Assert.Equal(generation, answer.Value!.ObservedGeneration);
    }

    /// <summary>A report waits for its pause and an agent that refused for its turn: both by the clock.</summary>
    private Task ReportedAsync(string what, Func<TrustReport, bool> condition) =>
        InTimeAsync($"a report of {what}", () => Coordinator.Reports.LastOrDefault() is { } last && condition(last));

    /// <summary>Lets the clock run until it holds.</summary>
    private Task InTimeAsync(string what, Func<bool> condition) => Wait.For(
        what,
        () =>
        {
            var holds = condition();
            Clock.Advance(holds ? TimeSpan.Zero : TimeSpan.FromSeconds(1));
            return holds;
        },
        found: () => $"{Coordinator.Reports.LastOrDefault()}");
}
