using Google.Protobuf;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Coordinator.Tests.Uplink;

/// <summary>Whose a host is (J4): moved by its own signature alone, and everything else a visible conflict. Over real links.</summary>
public sealed class HostMoveTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_the_proof_When_the_new_site_tells_Then_it_takes_the_host_over_and_the_old_one_learns_of_it()
    {
        var (from, to, agent) = await SitesAsync("moved");
        var early = await to.SendAsync(State(agent, 9));
        Assert.Equal(ErrorCodes.HostOwnedElsewhere, Assert.Single(early.Refusals).Code);

        var receipt = await to.SendAsync(1, Move(agent, from, to));
        Assert.Empty(receipt.Refusals);
        Assert.Empty((await to.SendAsync(State(agent, 10))).Refusals);

        Assert.Equal("moved-to", await OwnerAsync(agent));
        Assert.Single(await AuditAsync("host.move", to.Id));
        Assert.Empty(await ConflictsAsync(agent));
        await Wait.For("the old site to be told", () =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(11));
            return from.Desired.Any(d => d.Departed.Any(h => h.HostId == agent.Identity.Host!.Value.ToWire()
                && h.ToSite == "moved-to" && h.SpkiHash.Span.SequenceEqual(SpkiHash.Of(agent.Leaf).ToBytes())));
        });

        // Until it knows, what it says of the host is in good faith.
        Assert.Equal(ErrorCodes.HostOwnedElsewhere, Assert.Single((await from.SendAsync(State(agent, 50))).Refusals).Code);
        Assert.Empty(await ConflictsAsync(agent));
        Assert.Equal("moved-to", await OwnerAsync(agent));
    }

    [Fact]
    public async Task Given_a_claim_without_proof_When_told_Then_it_is_listed_and_audited_once_and_the_owner_keeps_the_host()
    {
        var (_, thief, agent) = await SitesAsync("claimed");

        await thief.SendAsync(State(agent, 1));
        await thief.SendAsync(State(agent, 2));

        var conflict = Assert.Single(await ConflictsAsync(agent));
        Assert.Equal(("claimed-from", "claimed-to", 2), (conflict.GetProperty("owner").GetString(), conflict.GetProperty("claimant").GetString(), conflict.GetProperty("claims").GetInt32()));
        Assert.Single(await AuditAsync("host.conflict", thief.Id));
        Assert.Equal("claimed-from", await OwnerAsync(agent));

        await thief.SendAsync(new StateEntry { Class = StateClass.Host, Key = agent.Identity.Host!.Value.ToWire(), Counter = 3, Deleted = true });
        Assert.Empty(await ConflictsAsync(agent));
    }

    [Theory]
    [InlineData("another site")]
    [InlineData("another nonce")]
    [InlineData("another host")]
    [InlineData("another key")]
    [InlineData("no certificate")]
    [InlineData("a short nonce")]
    [InlineData("no proof")]
    public async Task Given_a_forged_proof_When_told_Then_it_is_set_aside_and_nothing_moves(string forgery)
    {
        var (from, to, agent) = await SitesAsync($"forged-{forgery.Replace(' ', '-')}");
        var record = Move(agent, from, to);
        var move = record.HostMove;
        switch (forgery)
        {
            case "another site": move.Proof = MoveProof.Sign(agent, SiteId.New(), move.Nonce.Span); break;
            case "another nonce": move.Nonce = ByteString.CopyFrom(new byte[32]); break;
            case "another host": move.HostId = HostId.New().ToWire(); break;
            case "another key": move.Proof.Certificate = ByteString.CopyFrom(Agent(from).Leaf.RawData); break;
            case "no certificate": move.Proof.Certificate = ByteString.CopyFromUtf8("none"); break;
            case "a short nonce": move.Nonce = ByteString.CopyFromUtf8("short"); break;
            default: move.Proof = null; break;
        }

        var receipt = await to.SendAsync(1, record);

        Assert.Equal(1UL, receipt.HighWater);
        Assert.Contains(Assert.Single(receipt.Refusals).Code, new[] { ErrorCodes.HostMoveInvalid, ErrorCodes.RecordInvalid });
        Assert.Single((await to.SendAsync(State(agent, 5))).Refusals);
        Assert.Equal($"forged-{forgery.Replace(' ', '-')}-from", await OwnerAsync(agent));
        Assert.Empty(await AuditAsync("host.move", to.Id));
    }

    [Fact]
    public async Task Given_a_proof_of_before_When_it_is_shown_again_Then_it_moves_nothing()
    {
        var (from, to, agent) = await SitesAsync("replayed");
        var record = Move(agent, from, to);
        await to.SendAsync(1, record);
        await to.SendAsync(State(agent, 1));

        // The host goes back by a proof of its new key; the old proof to the same site opens nothing any more.
        var again = Agent(to, agent.Identity.Host!.Value);
        await from.SendAsync(1, Move(again, to, from));
        await from.SendAsync(State(agent, 60));
        Assert.Equal("replayed-from", await OwnerAsync(agent));
        var replay = await to.SendAsync(2, record);

        Assert.Equal(ErrorCodes.HostMoveInvalid, Assert.Single(replay.Refusals).Code);
        await to.SendAsync(State(agent, 99));
        Assert.Equal("replayed-from", await OwnerAsync(agent));
    }

    [Fact]
    public async Task Given_a_host_that_moved_on_When_a_third_site_shows_the_first_key_Then_it_is_refused()
    {
        var (from, to, agent) = await SitesAsync("chained");
        var third = await LinkedAsync("chained-third");
        await to.SendAsync(1, Move(agent, from, to));
        await to.SendAsync(State(agent, 1));

        var receipt = await third.SendAsync(1, Move(agent, from, third));

        Assert.Equal(ErrorCodes.HostOwnedElsewhere, Assert.Single(receipt.Refusals).Code);
        Assert.Equal("chained-to", await OwnerAsync(agent));
    }

    private NodeCredential Agent(TestSite site, HostId? id = null)
    {
        var key = NodeKey.Generate();
        return new NodeCredential(key, site.Issuer.IssueAgent(id ?? HostId.New(), key.PublicKey, host.Clock), [site.Issuer.Intermediate]);
    }

    private async Task<(TestSite From, TestSite To, NodeCredential Agent)> SitesAsync(string name)
    {
        var (from, to) = (await LinkedAsync($"{name}-from"), await LinkedAsync($"{name}-to"));
        var agent = Agent(from);
        Assert.Empty((await from.SendAsync(State(agent, 1))).Refusals);
        return (from, to, agent);
    }

    private async Task<TestSite> LinkedAsync(string name)
    {
        var site = await host.JoinAsync(name);
        Assert.Null(await site.DialAsync());
        return site;
    }

    private static StateEntry State(NodeCredential agent, ulong counter) => new()
    {
        Class = StateClass.Host, Key = agent.Identity.Host!.Value.ToWire(), Counter = counter, Host = new HostState { Hostname = "mover-1", Status = HostStatus.Online },
    };

    private static Record Move(NodeCredential agent, TestSite from, TestSite to)
    {
        var nonce = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
        return new Record
        {
            HostMove = new HostMoveRecord
            {
                HostId = agent.Identity.Host!.Value.ToWire(), FromSiteId = from.Id.ToWire(), Nonce = ByteString.CopyFrom(nonce), Proof = MoveProof.Sign(agent, to.Id, nonce),
            },
        };
    }

    private async Task<string> OwnerAsync(NodeCredential agent) =>
        (await GetAsync($"hosts/{agent.Identity.Host}")).GetProperty("site").GetString()!;

    private async Task<IReadOnlyList<System.Text.Json.JsonElement>> ConflictsAsync(NodeCredential agent) =>
        [.. (await GetAsync("hosts/conflicts")).GetProperty("items").EnumerateArray().Where(c => c.GetProperty("host").GetString() == agent.Identity.Host.ToString())];

    private async Task<IReadOnlyList<System.Text.Json.JsonElement>> AuditAsync(string operation, SiteId site) =>
        [.. (await GetAsync("audit?limit=1000")).GetProperty("items").EnumerateArray().Where(e =>
            e.GetProperty("operation").GetString() == operation && e.GetProperty("siteId").GetString() == site.ToString())];

    private Task<System.Text.Json.JsonElement> GetAsync(string path) => System.Net.Http.Json.HttpClientJsonExtensions.GetFromJsonAsync<System.Text.Json.JsonElement>(host.Socket, path);
}
