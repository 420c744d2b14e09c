using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Site.Tests.Agents;

/// <summary>Hosts that go from one site to another (J4): two real sites of one federation, a real agent's join between them.</summary>
public sealed class HostMoveTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private SiteHost _old = null!;
    private SiteHost _new = null!;

    public async ValueTask InitializeAsync()
    {
        var pki = new TestPki(_clock);
        (_old, _new) = (new SiteHost { Clock = _clock, Pki = pki }, new SiteHost { Clock = _clock, Pki = pki });
        await _old.InitializeAsync();
        await _new.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _old.DisposeAsync();
        await _new.DisposeAsync();
    }

    [Fact]
    public async Task Given_the_old_key_When_a_host_joins_another_site_Then_it_keeps_its_id_and_the_proof_goes_up()
    {
        var agent = await TestAgent.OnlineAsync(_old);
        var key = NodeKey.Generate();

        var moved = Assert.IsType<AgentJoinOutcome.Joined>(await MoveAsync(_new, agent.Credential, key));
        var again = Assert.IsType<AgentJoinOutcome.Joined>(await MoveAsync(_new, agent.Credential, key)); // the answer was lost

        Assert.Equal((agent.Host, _new.Id), (moved.Host, moved.Site));
        Assert.Equal(agent.Host, again.Host);
        var record = Assert.Single(await _new.RecordsAsync()).HostMove;
        Assert.Equal(_old.Id.ToWire(), record.FromSiteId);
        var (proved, _) = MoveProof.Verify(record.Proof, _new.Id, record.Nonce.Span, _new.Trust.Value, _clock.GetUtcNow());
        Assert.Equal(agent.Identity, proved);
        await new TestAgent(_new, moved.Credential).ConnectAsync();
    }

    [Fact]
    public async Task Given_a_copy_of_the_old_disk_When_it_moves_after_the_host_Then_it_is_refused()
    {
        var agent = await TestAgent.JoinAsync(_old);
        Assert.IsType<AgentJoinOutcome.Joined>(await MoveAsync(_new, agent.Credential, NodeKey.Generate()));

        var copy = Assert.IsType<AgentJoinOutcome.Refused>(await MoveAsync(_new, agent.Credential, NodeKey.Generate()));

        Assert.Equal(ErrorCodes.HostMoveInvalid, copy.Refusal.Code);
        Assert.Single(await _new.RecordsAsync());
    }

    [Fact]
    public async Task Given_a_host_of_this_site_When_it_moves_here_Then_it_is_told_that_it_is_here()
    {
        var agent = await TestAgent.JoinAsync(_old);

        Assert.Equal(ErrorCodes.AlreadyJoined, Assert.IsType<AgentJoinOutcome.Refused>(await MoveAsync(_old, agent.Credential, NodeKey.Generate())).Refusal.Code);
    }

    [Fact]
    public async Task Given_a_host_banned_where_it_was_When_it_moves_Then_it_stays_banned_everywhere_that_knows()
    {
        var agent = await TestAgent.JoinAsync(_old);
        _new.Trust.Update(t => t.WithLocalBans([agent.Host]));

        var refused = Assert.IsType<AgentJoinOutcome.Refused>(await MoveAsync(_new, agent.Credential, NodeKey.Generate()));

        Assert.Equal(ErrorCodes.HostMoveInvalid, refused.Refusal.Code);
        Assert.Empty(await _new.QueryAsync<Guid>("select id from agents_host"));
    }

    [Fact]
    public async Task Given_the_coordinators_word_When_a_host_has_left_Then_its_link_ends_and_its_old_files_are_told_where_it_is()
    {
        var agent = await TestAgent.OnlineAsync(_old);
        var stays = await TestAgent.OnlineAsync(_old, "stays-1");

        await TellAsync(_old, 1, Departed(agent.Credential), Departed(stays.Credential, key: new byte[32]));

        Assert.Equal(ErrorCodes.Unknown, (await Wait.ForTask("the link to end", agent.Ended!)).Error.Code);
        Assert.Contains("moved to site south", (await agent.DialAsync())!.Message, StringComparison.Ordinal);
        Assert.Null(stays.Link!.End); // another key than the one that left
        Assert.Equal(["stays-1"], (await _old.Get<IHosts>().ListAsync(null, 10, default)).Select(h => h.Hostname));
    }

    [Fact]
    public async Task Given_a_host_that_came_back_When_its_leaving_is_told_late_Then_it_stays()
    {
        var agent = await TestAgent.JoinAsync(_old);
        var away = Assert.IsType<AgentJoinOutcome.Joined>(await MoveAsync(_new, agent.Credential, NodeKey.Generate()));
        await TellAsync(_old, 1, Departed(agent.Credential));

        var back = Assert.IsType<AgentJoinOutcome.Joined>(await MoveAsync(_old, away.Credential, NodeKey.Generate()));
        await TellAsync(_old, 2, Departed(agent.Credential));

        Assert.Equal(agent.Host, back.Host);
        await new TestAgent(_old, back.Credential).ConnectAsync();
    }

    private static Task<AgentJoinOutcome> MoveAsync(SiteHost to, NodeCredential moving, NodeKey key) =>
        TestAgent.TryJoinAsync(to, to.Invitation(), key, moving: moving);

    private static DepartedHost Departed(NodeCredential old, byte[]? key = null) => new()
    {
        HostId = old.Identity.Host!.Value.ToWire(), ToSite = "south", SpkiHash = ByteString.CopyFrom(key ?? SpkiHash.Of(old.Leaf).ToBytes()),
    };

    private static async Task TellAsync(SiteHost site, ulong generation, params DepartedHost[] departed)
    {
        var state = new DesiredState
        {
            Incarnation = ByteString.CopyFrom(new byte[16]), IncarnationNumber = 1, Generation = generation, SiteName = "north",
            ExternalNames = { SiteHost.Name }, Addresses = { site.Address.ToString() }, SiteKey = ByteString.CopyFrom(SiteKey.Derive(site.CustomerKey, site.Id)),
        };
        state.Departed.AddRange(departed);
        await site.Get<IDesiredState>().AcceptAsync(state, default);
    }
}
