using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;

namespace Hanse.Site.Tests.Agents;

/// <summary>Who gets a link at a site (T6, U6, J5), over real TLS.</summary>
public sealed class AgentAdmissionTests(SiteHost site) : IClassFixture<SiteHost>
{
    [Fact]
    public async Task Given_a_joined_agent_When_it_links_Then_it_is_online_and_its_row_waits_for_the_coordinator()
    {
        var agent = await TestAgent.OnlineAsync(site, "online-1");

        await ExpectStatusAsync(agent, HostStatus.Online);
        Assert.NotEmpty(agent.Secret);
        await agent.LeaveAsync();
        await ExpectStatusAsync(agent, HostStatus.Offline);
        var state = (await site.QueryAsync<byte[]>("select value from uplink_state where key = @key", new { key = agent.Host.ToWire().ToByteArray() })).Single();
        Assert.Equal("online-1", HostState.Parser.ParseFrom(state).Hostname);
    }

    [Fact]
    public async Task Given_a_valid_certificate_without_a_row_When_it_links_Then_it_is_taken_in_again()
    {
        var agent = await TestAgent.JoinAsync(site, "restored-1");
        await site.QueryAsync<int>("delete from agents_host where id = @id returning 1", new { id = agent.Host.Value });

        await agent.ConnectAsync();

        await ExpectStatusAsync(agent, HostStatus.Online);
    }

    [Fact]
    public async Task Given_a_banned_host_When_it_links_or_renews_Then_it_is_told_so_and_its_live_link_was_cut()
    {
        var agent = await TestAgent.OnlineAsync(site, "banned-1");

        using var answer = await site.Socket.PostAsync(
            $"hosts/{agent.Host}/ban", new StringContent("""{"reason":"stolen"}""", null, "application/json"));
        Assert.True(answer.IsSuccessStatusCode);

        Assert.Equal(ErrorCodes.Banned, (await Wait.ForTask("the link to be cut", agent.Ended!)).Error.Code);
        var refusal = await agent.DialAsync();
        Assert.Equal(ErrorCodes.Banned, refusal!.Code);
        Assert.Contains("stolen", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(await site.RecordsAsync(), r => r.Ban?.HostId == agent.Host.ToWire());
    }

    [Fact]
    public async Task Given_a_removed_host_When_it_links_Then_it_is_unknown_and_told_the_way_back()
    {
        var agent = await TestAgent.OnlineAsync(site, "removed-1");

        using var answer = await site.Socket.DeleteAsync($"hosts/{agent.Host}");
        Assert.True(answer.IsSuccessStatusCode);

        Assert.Equal(ErrorCodes.Unknown, (await Wait.ForTask("the link to be cut", agent.Ended!)).Error.Code);
        var refusal = await agent.DialAsync();
        Assert.Equal(ErrorCodes.Unknown, refusal!.Code);
        Assert.Contains("hanse-agent reset", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_an_agent_of_another_site_When_it_links_Then_it_is_not_trusted()
    {
        var other = site.Federation.AddSite("south.test");
        site.Trust.Update(t => t.WithIntermediates([other.Issuer.Intermediate]));

        var refusal = await new TestAgent(site, other.AddAgent()).DialAsync();

        Assert.Equal(ErrorCodes.NotTrusted, refusal!.Code);
    }

    [Fact]
    public async Task Given_a_clone_When_it_links_beside_the_original_Then_it_is_quarantined_and_the_old_link_stays()
    {
        var original = await TestAgent.OnlineAsync(site, "cloned-1");
        var clone = original.Clone();

        var refusal = await clone.DialAsync();

        Assert.Equal(ErrorCodes.HostQuarantined, refusal!.Code);
        Assert.Contains("hanse-agent reset", refusal.Message, StringComparison.Ordinal);
        Assert.True(await original.Link!.PingAsync(TimeSpan.FromSeconds(5)));
        var shown = await site.Get<QuarantineStore>().ListAsync(default);
        Assert.Contains(shown, q => q.HostId == original.Host.Value && q.Address == "127.0.0.1");
        Assert.Contains(await site.RecordsAsync(), r => r.Audit is { Operation: "host.quarantine" } audit && audit.HostId == original.Host.ToWire());
    }

    [Fact]
    public async Task Given_a_clone_that_stayed_behind_When_it_links_while_the_original_is_away_Then_its_old_secret_gives_it_away()
    {
        var original = await TestAgent.OnlineAsync(site, "cloned-2");
        var clone = original.Clone();
        for (var round = 0; round < 2; round++)
        {
            await original.LeaveAsync();
            await original.ConnectAsync();
        }

        await original.LeaveAsync();
        await ExpectStatusAsync(original, HostStatus.Offline);

        Assert.Equal(ErrorCodes.HostQuarantined, (await clone.DialAsync())!.Code);
        await original.ConnectAsync();
    }

    [Fact]
    public async Task Given_a_welcome_that_was_lost_When_the_agent_shows_the_secret_before_Then_it_is_let_in()
    {
        var agent = await TestAgent.OnlineAsync(site, "lossy-1");
        var shown = agent.Secret;
        await agent.LeaveAsync();
        await ExpectStatusAsync(agent, HostStatus.Offline);
        await agent.ConnectAsync();
        await agent.LeaveAsync();
        await ExpectStatusAsync(agent, HostStatus.Offline);
        agent.Secret = shown; // the answer to the second hello never arrived

        Assert.Null(await agent.DialAsync());
    }

    [Fact]
    public async Task Given_two_holders_in_the_same_moment_When_both_link_Then_only_one_link_stays()
    {
        var one = await TestAgent.JoinAsync(site, "twins-1");
        var two = one.Clone();

        var refusals = await Task.WhenAll(one.DialAsync(), two.DialAsync());

        var admitted = new[] { one, two }.Where((_, i) => refusals[i] is null).ToList();
        Assert.NotEmpty(admitted);
        await Wait.For("one link of the two to be left", () => admitted.Count(a => a.Link!.End is null) == 1);
    }

    [Fact]
    public async Task Given_an_agent_that_speaks_for_another_host_When_it_reports_Then_the_report_counts_as_its_own()
    {
        var (liar, victim) = (await TestAgent.OnlineAsync(site, "liar-1"), HostId.New());
        var command = CommandId.New();
        var report = TestAgent.Report(command.ToWire(), ExecutionState.Succeeded, 0);
        report.HostId = victim.ToWire();

        Assert.True((await liar.AskAsync<ExecutionReceipt>(Method.ExecutionReport, report)).Succeeded);

        Assert.Equal([liar.Host.Value], await site.QueryAsync<Guid>("select host_id from commands_execution where command_id = @id", new { id = command.Value }));
    }

    private async Task ExpectStatusAsync(TestAgent agent, HostStatus status) => await Wait.For(
        $"{agent.Host} to be {status}",
        async () => (await site.QueryAsync<short>("select status from agents_host where id = @id", new { id = agent.Host.Value })).SingleOrDefault() == (short)status);
}
