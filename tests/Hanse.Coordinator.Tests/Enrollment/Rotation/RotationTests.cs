using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Hanse.Coordinator.Enrollment;
using Hanse.Coordinator.Enrollment.Rotation;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Npgsql;

namespace Hanse.Coordinator.Tests.Enrollment.Rotation;

/// <summary>The rotation of the root (T4) at the coordinator, over real links; each test brings the federation back to one root.</summary>
public sealed class RotationTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>, IAsyncLifetime
{
    private readonly string _name = "site-" + HostId.New().ToString()[..8];
    private TestSite _site = null!;

    private Federation Federation => host.Get<Federation>();

    public async ValueTask InitializeAsync()
    {
        _site = await host.JoinAsync(_name);
        Assert.Null(await _site.DialAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await host.PostAsync("trust/rotation/abort", new { });
        await host.PostAsync("trust/rotation/finish", new { force = true });
        await host.QueryAsync<int>("update sites_site set status = 3 where name = @name", new { name = _name });
    }

    [Fact]
    public async Task Given_a_start_When_asked_again_Then_the_one_under_way_is_named_and_nothing_changes()
    {
        Assert.Equal(HttpStatusCode.OK, (await StepAsync("start")).Status);
        var (status, body) = await StepAsync("start");

        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.RotationRunning), (status, Code(body)));
        Assert.Contains((await StatusAsync()).GetProperty("newRoot").GetString()![..16], body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await Wait.For("the site to be told both roots", () => _site.Desired.Any(d => d.Trust.Roots.Count == 2));
        Assert.Equal(2, Federation.Trust.Value.Roots.Length);
        Assert.Single(await host.QueryAsync<int>("select 1 from audit_entry where operation = 'trust.rotate.start' and bytes is not null order by seq desc limit 1"));
    }

    [Fact]
    public async Task Given_nodes_that_are_not_ready_When_switched_Then_it_is_refused_by_name_until_they_are_or_are_skipped()
    {
        await StepAsync("start");
        var silent = await StepAsync("switch", new { });
        Assert.Equal(ErrorCodes.RotationNotReady, Code(silent.Body));
        Assert.Contains(_name, Detail(silent.Body), StringComparison.Ordinal);

        await ReportAsync(r => (r.Lacking, r.Agents) = (1, 2), lacking: "laptop-7");
        var held = await StepAsync("switch", new { });
        Assert.Equal(ErrorCodes.RotationNotReady, Code(held.Body));
        Assert.Contains("laptop-7", Detail(held.Body), StringComparison.Ordinal);
        var node = Assert.Single((await StatusAsync()).GetProperty("sites").EnumerateArray(), s => s.GetProperty("name").GetString() == _name);
        Assert.Equal(("waiting", 1), (node.GetProperty("state").GetString(), node.GetProperty("agentsWaiting").GetInt32()));

        var skipped = await StepAsync("switch", new { skip = new[] { _name.ToUpperInvariant() } });
        Assert.Equal(HttpStatusCode.OK, skipped.Status);
        Assert.Contains("laptop-7", skipped.Body.GetProperty("unreachable")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_ready_nodes_When_switched_and_finished_Then_all_is_issued_by_the_new_root_and_the_old_one_is_gone()
    {
        var old = Federation.Root.Certificate;
        await StepAsync("start");
        await ReportAsync(_ => { });
        Assert.True((await StatusAsync()).GetProperty("ready").GetBoolean());
        Assert.Equal(HttpStatusCode.OK, (await StepAsync("switch", new { })).Status);

        Assert.NotEqual(old.Thumbprint, Federation.Root.Certificate.Thumbprint);
        Assert.True(Federation.IsOfRoot(Federation.Server.Value.Chain[0]));
        Assert.Equal(ErrorCodes.RotationSwitched, Code((await StepAsync("switch", new { })).Body));
        Assert.Equal(ErrorCodes.RotationSwitched, Code((await StepAsync("abort")).Body));

        // Its certificate is of the old root still.
        var depends = await StepAsync("finish", new { });
        Assert.Equal(ErrorCodes.RotationNotReady, Code(depends.Body));
        var renewed = await RenewAsync(_site);
        Assert.True(Federation.IsOfRoot(renewed.Certificate));
        await ReportAsync(r => r.IssuingRoot = r.Roots[0]);
        Assert.Equal(HttpStatusCode.OK, (await StepAsync("finish", new { })).Status);

        Assert.Equal([Federation.RootKey], Federation.Trust.Value.Roots.Select(SpkiHash.Of));
        Assert.Single(await host.QueryAsync<byte[]>("select sealed_key from enrollment_root"));
        Assert.Equal(ErrorCodes.RotationNone, Code((await StepAsync("finish", new { })).Body));
        var steps = await host.QueryAsync<string>("select operation from audit_entry where operation like 'trust.rotate.%' order by seq desc limit 3");
        Assert.Equal(["trust.rotate.finish", "trust.rotate.switch", "trust.rotate.start"], steps);
    }

    [Fact]
    public async Task Given_a_start_When_aborted_Then_the_next_root_its_key_and_the_word_for_it_are_gone()
    {
        await StepAsync("start");
        var next = (await StatusAsync()).GetProperty("newRoot").GetString();
        Assert.Equal(HttpStatusCode.OK, (await StepAsync("abort")).Status);

        Assert.DoesNotContain(Federation.Trust.Value.Roots, r => SpkiHash.Of(r).ToString() == next);
        Assert.DoesNotContain(Federation.Trust.Value.Successions, s => SpkiHash.Of(System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(s.Successor.Span)).ToString() == next);
        Assert.Single(await host.QueryAsync<byte[]>("select sealed_key from enrollment_root"));
        await Wait.For("the site to be told one root", () => _site.Desired.LastOrDefault()?.Trust.Roots.Count == 1);
        Assert.Equal(ErrorCodes.RotationNone, Code((await StepAsync("abort")).Body));
    }

    [Fact]
    public async Task Given_a_crash_after_the_switch_was_stored_When_the_coordinator_goes_on_Then_it_issues_under_the_new_root()
    {
        await StepAsync("start");
        var before = Federation.RootKey;
        await using (var connection = await host.Get<NpgsqlDataSource>().OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var store = host.Get<RotationStore>();
            await store.SwitchAsync(transaction, (await store.LockAsync(transaction, default))!.Id, default);
            await transaction.CommitAsync();
        }

        await Federation.ReloadAsync(default);

        Assert.NotEqual(before, Federation.RootKey);
        Assert.True(Federation.IsOfRoot(Federation.Issuer.Value.Intermediate));
        Assert.True(Federation.IsOfRoot(Federation.Server.Value.Chain[0]));
        // And at a start.
        var again = new Federation(host.Get<CoordinatorOptions>(), host.Get<FederationStore>(), host.Get<RotationStore>(), host.Get<BanStore>(), host.Clock);
        await again.OpenAsync(default);
        Assert.Equal(Federation.RootKey, again.RootKey);
        Assert.True(again.IsOfRoot(again.Issuer.Value.Intermediate));
    }

    [Fact]
    public async Task Given_a_site_that_missed_the_rotation_When_it_comes_back_Then_the_old_root_leads_it_to_the_new_one()
    {
        await StepAsync("start");
        await StepAsync("switch", new { force = true });
        var trust = CurrentTrust.InMemory(_site.Trust);
        Assert.Equal(ErrorCodes.NotTrusted, (await _site.DialAsync(trust))!.Code);

        Assert.True(await new RootRecovery(host.Clock).TryAsync([host.Address], CoordinatorHost.LinkName, trust, default));
        Assert.Null(await _site.DialAsync(trust));
        Assert.False(await new RootRecovery(host.Clock).TryAsync([host.Address], CoordinatorHost.LinkName, trust, default));
    }

    [Fact]
    public async Task Given_an_invitation_from_before_When_redeemed_after_the_rotation_Then_the_site_joins()
    {
        var invitation = await host.InviteAsync(_name + "-late");
        await StepAsync("start");
        await StepAsync("switch", new { force = true });
        await StepAsync("finish", new { force = true });

        var joined = Assert.IsType<SiteJoinOutcome.Joined>(await host.RedeemAsync(invitation, NodeKey.Generate()));
        Assert.Equal([Federation.RootKey], joined.Trust.Roots.Select(SpkiHash.Of));
        await host.QueryAsync<int>("update sites_site set status = 3 where name = @name", new { name = _name + "-late" });
    }

    [Fact]
    public async Task Given_a_list_of_bans_signed_under_the_old_root_When_finished_Then_a_new_one_verifies_under_the_new_root_alone()
    {
        await using (var connection = await host.Get<NpgsqlDataSource>().OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var bans = host.Get<Coordinator.Enrollment.Api.IBans>();
            await bans.AddHostAsync(transaction, _site.Id, HostId.New(), "tester", "", default);
            var issued = await bans.IssueAsync(transaction, default);
            await transaction.CommitAsync();
            bans.Enforce(issued);
        }

        var before = Federation.Trust.Value.Revocations.Number;
        await StepAsync("start");
        await StepAsync("switch", new { force = true });
        await StepAsync("finish", new { force = true });

        var told = TrustAnchors.FromWire(Federation.TrustForNodes());
        Assert.NotNull(told);
        Assert.Equal((before + 1, 1), (told.Revocations.Number, told.Revocations.Hosts.Count));
    }

    [Fact]
    public async Task Given_a_malformed_report_When_told_Then_it_is_refused_and_the_one_before_stays()
    {
        await StepAsync("start");
        await ReportAsync(_ => { });
        var answer = await _site.AskAsync<Empty>(Method.TrustReport, new TrustReport { Roots = { ByteString.CopyFromUtf8("short") } });

        Assert.Equal(ErrorCodes.MalformedMessage, answer.Error!.Code);
        Assert.True((await StatusAsync()).GetProperty("ready").GetBoolean());
    }

    private async Task ReportAsync(Action<TrustReport> change, string? lacking = null)
    {
        var report = new TrustReport { IssuingRoot = ByteString.CopyFrom(SpkiHash.Of(_site.Trust.Roots[0]).ToBytes()) };
        report.Roots.AddRange(Federation.Trust.Value.Roots.Select(r => ByteString.CopyFrom(SpkiHash.Of(r).ToBytes())));
        if (lacking is not null)
        {
            report.LackingHosts.Add(new AgentReadiness { HostId = HostId.New().ToWire(), Hostname = lacking });
        }

        change(report);
        var answer = await _site.AskAsync<Empty>(Method.TrustReport, report);
        Assert.True(answer.Succeeded, answer.Error?.Message);
    }

    private async Task<RenewOutcome.Renewed> RenewAsync(TestSite site)
    {
        var verifier = new PeerVerifier(CurrentTrust.InMemory(Federation.Trust.Value), host.Clock);
        var target = new SessionTarget([host.Address], CoordinatorHost.LinkName, PeerExpectation.Coordinator());
        return Assert.IsType<RenewOutcome.Renewed>(await new RenewClient(host.Clock).RenewAsync(target, site.Credential, verifier, NodeKey.Generate(), default));
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> StepAsync(string step, object? body = null) => host.PostAsync($"trust/rotation/{step}", body ?? new { });

    private async Task<JsonElement> StatusAsync() => JsonSerializer.Deserialize<JsonElement>(await host.Socket.GetStringAsync("trust/rotation"));

    private static string? Code(JsonElement problem) => problem.GetProperty("code").GetString();

    private static string Detail(JsonElement problem) => problem.GetProperty("detail").GetString()!;
}
