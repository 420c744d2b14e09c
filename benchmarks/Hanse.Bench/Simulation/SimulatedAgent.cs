using Hanse.Agent.Link;
using Hanse.Bench.Simulation.Machines;
using Hanse.Link.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Bench.Simulation;

/// <summary>One agent: the session, keeper and link of a real one, over an imagined machine. Dials are let through a gate that all agents
/// share, so that thousands do not shake hands at once.</summary>
internal sealed class SimulatedAgent
{
    private readonly LinkKeeper _keeper;
    private readonly FleetGround _ground;
    private int _tries;

    public SimulatedAgent(int number, CurrentCredential credential, SimulatedSite site, FleetGround ground)
    {
        (Number, Credential, Site, _ground) = (number, credential, site, ground);
        var time = ground.Time;
        var machine = new SimulatedMachine(number, site.Label, site.Number);
        var session = new AgentSession(
            credential.Value.Identity, site.Trust, new SimulatedInventory(machine, ground.Packages, time),
            new SimulatedExecutor(new SimulatedShell(machine, time), time), ground.Secrets.Of(number),
            ground.Session with { RenewNow = cancellation => RenewNow?.Invoke(cancellation) ?? Task.FromResult(false) });
        session.LinkChanged += (online, _) => ground.Counters.Online(online ? 1 : -1);
        var tls = new LinkTls(credential, new PeerVerifier(site.Trust, time), PeerExpectation.TheSite(site.Id));
        var dialer = new LinkDialer(tls, ground.Greeter, time);
        var target = new LinkTarget(site.Addresses, site.ServerName);
        _keeper = new LinkKeeper(cancellation => DialAsync(dialer, target, session, cancellation), session, BackoffOptions.Default, ground.Random, time);
    }

    public int Number { get; }

    /// <summary>Renews it when its site asks; set by the crew that renews for all.</summary>
    public Func<CancellationToken, Task<bool>>? RenewNow { get; set; }

    public CurrentCredential Credential { get; }

    public SimulatedSite Site { get; }

    /// <summary>Holds the link until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => _keeper.RunAsync(cancellation);

    private async Task<DialResult> DialAsync(LinkDialer dialer, LinkTarget target, ILinkClient session, CancellationToken cancellation)
    {
        _ground.Counters.Trying(Interlocked.Increment(ref _tries));
        await _ground.Dialling.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var result = await dialer.DialAsync(target, session, cancellation).ConfigureAwait(false);
            if (result is not DialResult.Connected)
            {
                _ground.Counters.Failed(result is DialResult.Refused refused ? refused.Error : ((DialResult.Unreachable)result).Error);
            }

            return result;
        }
        finally
        {
            Interlocked.Decrement(ref _tries);
            _ground.Dialling.Release();
        }
    }
}
