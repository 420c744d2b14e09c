using Hanse.Authority.Issuing;
using Hanse.Protocol.Errors;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Site.Tests.Enrollment;

/// <summary>Banned, expired and unknown are different answers, and only expired is a way back by the old key, within the window (T6).</summary>
public sealed class ReturnTests : IAsyncLifetime
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(20);
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private SiteHost _site = null!;

    public async ValueTask InitializeAsync()
    {
        _site = new SiteHost { Clock = _clock, Lifetimes = new LifetimeOptions { Leaf = TimeSpan.FromMinutes(10), ReturnWindow = Window } };
        await _site.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Given_an_ended_certificate_When_the_window_is_open_Then_the_link_says_expired_and_the_old_key_renews()
    {
        var agent = await TestAgent.JoinAsync(_site, "laptop-1");
        await PassAsync(agent.Credential.NotAfter + Window - TimeSpan.FromMinutes(1));

        var refused = await agent.DialAsync();
        Assert.Equal(ErrorCodes.CertificateExpired, refused!.Code);
        Assert.Contains("may renew it with its old key", refused.Message, StringComparison.Ordinal);
        var renewed = Assert.IsType<RenewOutcome.Renewed>(await RenewAsync(agent));

        Assert.True(renewed.Certificate.NotAfter.ToUniversalTime() > _clock.GetUtcNow().UtcDateTime);
        Assert.Equal(agent.Identity, CertificateNames.ReadIdentity(renewed.Certificate));
    }

    [Fact]
    public async Task Given_an_ended_certificate_When_the_window_is_over_Then_it_must_join_again()
    {
        var agent = await TestAgent.JoinAsync(_site, "laptop-2");
        await PassAsync(agent.Credential.NotAfter + Window + TimeSpan.FromMinutes(1));

        Assert.Contains("Join again", (await agent.DialAsync())!.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.CertificateExpired, Assert.IsType<RenewOutcome.Refused>(await RenewAsync(agent)).Refusal.Code);
    }

    [Fact]
    public async Task Given_a_ban_When_the_certificate_has_ended_too_Then_the_answer_is_banned_and_nothing_is_renewed()
    {
        var agent = await TestAgent.JoinAsync(_site, "stolen-1");
        using var answer = await _site.Socket.PostAsync($"hosts/{agent.Host}/ban", new StringContent("""{"reason":"stolen"}""", null, "application/json"));
        Assert.True(answer.IsSuccessStatusCode);
        await PassAsync(agent.Credential.NotAfter + TimeSpan.FromMinutes(1));

        Assert.Equal(ErrorCodes.Banned, Assert.IsType<RenewOutcome.Refused>(await RenewAsync(agent)).Refusal.Code);
    }

    [Fact]
    public async Task Given_a_removed_host_When_its_certificate_has_ended_Then_it_is_unknown_and_nothing_is_renewed()
    {
        var agent = await TestAgent.JoinAsync(_site, "gone-1");
        using var answer = await _site.Socket.DeleteAsync($"hosts/{agent.Host}");
        Assert.True(answer.IsSuccessStatusCode);
        await PassAsync(agent.Credential.NotAfter + TimeSpan.FromMinutes(1));

        Assert.Equal(ErrorCodes.Unknown, Assert.IsType<RenewOutcome.Refused>(await RenewAsync(agent)).Refusal.Code);
    }

    /// <summary>What was made while the clock was ahead begins in the future of everybody else.</summary>
    [Fact]
    public async Task Given_certificates_made_by_a_clock_that_was_ahead_When_it_is_right_again_Then_the_sites_is_made_anew_and_the_agents_key_renews()
    {
        var server = _site.Get<Hanse.Site.Enrollment.SiteIdentity>().Keys!.Server;
        var ahead = TimeSpan.FromMinutes(12);
        var (agent, key) = (await TestAgent.JoinAsync(_site, "early-1"), NodeKey.Generate());
        _clock.JumpWallClock(ahead);
        await PassingAsync("the site to renew its certificate", () => server.Value.NotBefore > _clock.GetUtcNow() - TimeSpan.FromMinutes(6));
        var early = agent.With(Assert.IsType<RenewOutcome.Renewed>(await RenewAsync(agent, key)).ToCredential(key));

        _clock.JumpWallClock(-ahead);
        await PassingAsync("the site to make its certificate anew", () => server.Value.NotBefore <= _clock.GetUtcNow());
        Assert.Equal(ErrorCodes.ClockSkew, (await early.DialAsync())!.Code);
        var renewed = Assert.IsType<RenewOutcome.Renewed>(await RenewAsync(early));
        Assert.True(renewed.Certificate.NotBefore.ToUniversalTime() <= _clock.GetUtcNow().UtcDateTime);
    }

    private Task PassingAsync(string what, Func<bool> holds) => Wait.For(what, () =>
    {
        _clock.Advance(TimeSpan.FromSeconds(2));
        return holds();
    });

    /// <summary>Lets the clock run; the site renews its own certificate by itself meanwhile.</summary>
    private async Task PassAsync(DateTimeOffset until)
    {
        var keys = _site.Get<Hanse.Site.Enrollment.SiteIdentity>().Keys!;
        while (_clock.GetUtcNow() < until)
        {
            var step = until - _clock.GetUtcNow();
            _clock.Advance(step < TimeSpan.FromMinutes(3) ? step : TimeSpan.FromMinutes(3));
            await Wait.For("the site to have a certificate of its own", () =>
            {
                var fresh = keys.Server.Value.NotAfter > _clock.GetUtcNow() + TimeSpan.FromMinutes(3);
                _clock.Advance(fresh ? TimeSpan.Zero : TimeSpan.FromSeconds(1));
                return fresh;
            });
        }
    }

    private Task<RenewOutcome> RenewAsync(TestAgent agent, NodeKey? key = null)
    {
        var target = new SessionTarget([_site.Address], SiteHost.Names.LinkName, PeerExpectation.TheSite(_site.Id));
        var verifier = new PeerVerifier(CurrentTrust.InMemory(_site.Trust.Value), _clock);
        return new RenewClient(_clock).RenewAsync(target, agent.Credential, verifier, key ?? NodeKey.Generate(), default);
    }
}
