using Hanse.Trust.Joining;
using Hanse.Trust.Renewal;
using Hanse.Trust.Verification;

namespace Hanse.Bench.Simulation;

/// <summary>Renews the certificates of all agents at half of their lives (T3), one after the other: one loop and one queue by time, instead of
/// a timer each.</summary>
internal sealed class RenewalCrew(IdentityFolder identities, FleetGround ground)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly PriorityQueue<SimulatedAgent, DateTimeOffset> _due = new();
    private readonly Lock _gate = new();
    private readonly RenewClient _client = new(ground.Time);

    public void Add(SimulatedAgent agent)
    {
        agent.RenewNow = cancellation => RenewAsync(agent, cancellation);
        Put(agent, FirstTry(agent));
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(Look, ground.Time, cancellation);
            while (Next() is { } agent)
            {
                var renewed = await RenewAsync(agent, cancellation);
                Put(agent, renewed ? FirstTry(agent) : RenewalPlanner.NextTry(agent.Credential.Value.NotAfter, ground.Time.GetUtcNow(), ground.Random));
            }
        }
    }

    private DateTimeOffset FirstTry(SimulatedAgent agent) =>
        RenewalPlanner.FirstTry(agent.Credential.Value.NotBefore, agent.Credential.Value.NotAfter, ground.Random);

    private async Task<bool> RenewAsync(SimulatedAgent agent, CancellationToken cancellation)
    {
        var key = identities.KeyToRenewWith(agent.Number);
        var site = agent.Site;
        var target = new SessionTarget(site.Addresses, site.ServerName, PeerExpectation.TheSite(site.Id));
        var outcome = await _client.RenewAsync(target, agent.Credential.Value, new PeerVerifier(site.Trust, ground.Time), key, cancellation);
        if (outcome is RenewOutcome.Renewed renewed)
        {
            site.Trust.Accept(renewed.Trust);
            var credential = renewed.ToCredential(key);
            identities.Save(agent.Number, key, credential);
            agent.Credential.Swap(credential);
            ground.Counters.RenewedOne();
            return true;
        }

        key.Dispose();
        var refusal = ((RenewOutcome.Refused)outcome).Refusal;
        ground.Counters.Failed(new() { Code = refusal.Code, Message = refusal.Message });
        return false;
    }

    private void Put(SimulatedAgent agent, DateTimeOffset at)
    {
        lock (_gate)
        {
            _due.Enqueue(agent, at);
        }
    }

    private SimulatedAgent? Next()
    {
        lock (_gate)
        {
            return _due.TryPeek(out var agent, out var at) && at <= ground.Time.GetUtcNow() ? _due.Dequeue() : null;
        }
    }
}
