using System.Globalization;
using System.Text.Json;
using Hanse.Agent.Data;
using Hanse.Agent.Tests.Commands;
using Hanse.Agent.Tests.Link;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Paths;

/// <summary>The real agent between two ways to its site, each of which can be cut.</summary>
public sealed class RoamingTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Given_a_running_command_When_the_agent_leaves_its_network_and_returns_Then_the_command_runs_once_and_its_output_is_whole()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        using var local = Line(site);
        using var door = Line(site);
        local.Mend();
        door.Mend();
        site.Join(folder.Path, local.Port);
        using var agent = RealAgent.Start("run", "--data", folder.Path, "--path-interval", "300ms");
        await Wait.For("a link", () => site.Link is not null, Long, () => agent.Log);
        Assert.True((await TellAsync(site, [local.Port], [door.Port])).Succeeded);
        await OnAsync(folder, local, byGateway: false, agent);

        var end = folder.File("end");
        var offer = RunnerRig.Shell($"i=0; while [ ! -e {end} ] && [ $i -lt 900 ]; do i=$((i+1)); echo $i; sleep 0.1; done");
        Assert.Equal(ExecutionState.Running, (await site.OfferAsync(offer)).Value!.State);
        local.Cut();
        await OnAsync(folder, door, byGateway: true, agent);
        local.Mend();
        await OnAsync(folder, local, byGateway: false, agent);
        local.Cut();
        await OnAsync(folder, door, byGateway: true, agent);

        await File.WriteAllTextAsync(end, "");
        var report = await site.OutcomeAsync(CommandId.FromBytes(offer.CommandId.Span));
        Assert.Equal(ExecutionState.Succeeded, report.State);
        var length = 0;
        await Wait.For("all of the output", () => (ulong)(length = site.Output.Length) == report.Stdout.Length, Long, () => $"{length} of {report.Stdout}\n{agent.Log}");
        var lines = site.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => i.ToString(CultureInfo.InvariantCulture)), lines);
    }

    [Fact]
    public async Task Given_a_better_address_where_another_answers_When_the_agent_looks_Then_it_stays()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        using var stranger = new FakeSite();
        using var door = Line(site);
        door.Mend();
        site.Join(folder.Path, door.Port);
        using var agent = RealAgent.Start("run", "--data", folder.Path, "--path-interval", "200ms");
        await Wait.For("a link", () => site.Link is not null, Long, () => agent.Log);
        var link = site.Link;
        var looks = stranger.Connections;
        Assert.True((await TellAsync(site, [stranger.Port], [door.Port])).Succeeded);
        await Wait.For("the agent to have looked twice", () => stranger.Connections >= looks + 2, Long, () => agent.Log);
        Assert.Same(link, site.Link);
    }

    private static TcpRelay Line(FakeSite site) => new() { Target = site.Port };

    private static Task<Hanse.Link.LinkResult<Empty>> TellAsync(FakeSite site, int[] addresses, int[] gateways)
    {
        var paths = new SitePaths();
        paths.Addresses.AddRange(addresses.Select(a => $"127.0.0.1:{a}"));
        paths.GatewayAddresses.AddRange(gateways.Select(g => $"127.0.0.1:{g}"));
        return site.Link!.RequestAsync<Empty>(Method.AgentPaths, paths, TimeSpan.FromSeconds(10)).AsTask();
    }

    private static Task OnAsync(TestFolder folder, TcpRelay line, bool byGateway, RealAgent agent) => Wait.For(
        $"a link by {(byGateway ? "the gateway" : "the site's own address")}",
        () => Read(folder) is { Link: "online" } status && status.ByGateway == byGateway && status.Address == $"127.0.0.1:{line.Port}",
        Long, () => agent.Log);

    private static StatusRecord? Read(TestFolder folder) =>
        File.Exists(folder.File("status.json")) ? JsonSerializer.Deserialize<StatusRecord>(File.ReadAllBytes(folder.File("status.json")), JsonSerializerOptions.Web) : null;
}
