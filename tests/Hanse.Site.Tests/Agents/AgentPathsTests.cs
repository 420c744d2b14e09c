using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using Hanse.Trust.Joining;

namespace Hanse.Site.Tests.Agents;

/// <summary>What agents hear of the ways to their site.</summary>
public sealed class AgentPathsTests : IAsyncLifetime
{
    private readonly SiteHost _site = new();

    [Fact]
    public async Task Given_gateways_in_the_desired_state_When_they_change_Then_linked_agents_hear_and_later_ones_after_a_restart_too()
    {
        var agent = await TestAgent.OnlineAsync(_site, "web-1");
        await HeardAsync(agent, []);

        await DesireAsync(1, "door.example:443");
        await HeardAsync(agent, ["door.example:443"]);
        await DesireAsync(2, "door.example:443", "gate.example:8443");
        await HeardAsync(agent, ["door.example:443", "gate.example:8443"]);

        await DesireAsync(4, [.. Enumerable.Range(0, 40).Select(i => $"door-{i}.example:443")]);
        await HeardAsync(agent, [.. Enumerable.Range(0, 31).Select(i => $"door-{i}.example:443")]); // as many as an agent takes
        var heard = agent.Paths.Count;
        await DesireAsync(5, [.. Enumerable.Range(0, 40).Select(i => $"door-{i}.example:443")]);

        await _site.RestartAsync();
        var later = await TestAgent.OnlineAsync(_site, "web-2");
        await HeardAsync(later, [.. Enumerable.Range(0, 31).Select(i => $"door-{i}.example:443")]);
        Assert.Equal(heard, agent.Paths.Count); // nothing had changed
    }

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    private Task HeardAsync(TestAgent agent, string[] gateways) => Wait.For(
        $"the agent to hear of {gateways.Length} gateways",
        () =>
        {
            _site.Clock.Advance(TimeSpan.FromMilliseconds(200));
            return Task.FromResult(agent.Paths.LastOrDefault() is { } paths && paths.GatewayAddresses.SequenceEqual(gateways) && paths.Addresses.SequenceEqual([_site.Address.ToString()]));
        },
        found: () => string.Join("; ", agent.Paths));

    private Task DesireAsync(ulong generation, params string[] gateways) => _site.Get<IDesiredState>().AcceptAsync(
        new DesiredState
        {
            Incarnation = CommandId.New().ToWire(), IncarnationNumber = 1, Generation = generation, SiteName = "north",
            SiteKey = ByteString.CopyFrom(SiteKey.Derive(_site.CustomerKey, _site.Id)), ExternalNames = { SiteHost.Name },
            Addresses = { _site.Address.ToString() }, GatewayAddresses = { gateways },
        },
        default);
}
