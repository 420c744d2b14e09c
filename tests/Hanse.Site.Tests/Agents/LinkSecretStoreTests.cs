using Hanse.Site.Agents;
using Hanse.Site.Tests.Fixtures;

namespace Hanse.Site.Tests.Agents;

/// <summary>Two hellos of one host under way (J5). Seed 6006 of chaos kept a host out as a clone of itself; this order does that: a hello waits for an old link
/// or the database, its agent gives it up, dials again and is welcomed, and then the first replaces the secret that the agent was given.</summary>
public sealed class LinkSecretStoreTests(SiteHost site) : IClassFixture<SiteHost>
{
    [Fact]
    public async Task Given_a_hello_judged_before_another_was_answered_When_stored_Then_the_secret_that_was_given_stays()
    {
        var agent = await TestAgent.OnlineAsync(site, "overtaken-1");
        await agent.LeaveAsync();
        var store = site.Get<LinkSecretStore>();
        var judged = (await store.FindAsync(agent.Host, default))!.LinkSecret;
        await agent.ConnectAsync();
        await agent.LeaveAsync();

        Assert.False(await store.StoreAsync(agent.Host, judged, new byte[32], judged, "1", default));

        Assert.Null(await agent.DialAsync());
    }

    [Fact]
    public async Task Given_two_judged_by_the_same_secret_When_stored_together_Then_one_counts_and_the_other_is_told()
    {
        var agent = await TestAgent.JoinAsync(site, "overtaken-2");
        var store = site.Get<LinkSecretStore>();
        byte[][] fresh = [[.. Enumerable.Repeat((byte)1, 32)], [.. Enumerable.Repeat((byte)2, 32)]];

        var stored = await Task.WhenAll(fresh.Select(f => store.StoreAsync(agent.Host, null, f, null, "1", default)));

        var held = (await store.FindAsync(agent.Host, default))!.LinkSecret;
        Assert.Equal(fresh[Assert.Single(Enumerable.Range(0, 2), i => stored[i])], held);
    }
}
