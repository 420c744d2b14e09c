using System.Threading.Channels;
using Hanse.Bench.Simulation.Machines;
using Hanse.Protocol.Errors;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Bench.Simulation;

/// <summary>Joins the agents that have no identity yet, a bounded number at a time, each at the site that has fewest. A join that cannot be
/// made now is tried again after a pause; a refusal that will not change is thrown.</summary>
internal sealed class JoinCrew(IReadOnlyList<JoinInvitation> invitations, IdentityFolder identities, SiteFolder sites, FleetGround ground)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);
    private readonly JoinClient _client = new(ground.Time);

    /// <param name="numbers">Of the agents to join, each with the invitation it uses.</param>
    /// <param name="atOnce">How many join at the same time.</param>
    /// <param name="joined">Called for each as soon as it is a member.</param>
    /// <param name="cancellation">Leaves the rest for the next start.</param>
    /// <exception cref="SimulationException">A site refused for good.</exception>
    public async Task JoinAsync(IReadOnlyList<(int Number, int Invitation)> numbers, int atOnce, Action<SimulatedAgent> joined, CancellationToken cancellation)
    {
        var queue = Channel.CreateUnbounded<(int Number, int Invitation)>();
        foreach (var one in numbers)
        {
            queue.Writer.TryWrite(one);
        }

        queue.Writer.Complete();
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
        {
            await foreach (var (number, invitation) in queue.Reader.ReadAllAsync(cancellation))
            {
                joined(await JoinAsync(number, invitations[invitation], cancellation));
            }
        }, cancellation)));
    }

    private async Task<SimulatedAgent> JoinAsync(int number, JoinInvitation invitation, CancellationToken cancellation)
    {
        var label = SimulatedSite.LabelOf(invitation.ServerName);
        // The site's network is not known before the join; name and ids do not depend on it.
        var machine = new SimulatedMachine(number, label, 0);
        var host = new HostDescription(machine.Hostname, machine.MachineId, machine.BootId, ground.Session.SoftwareVersion);
        while (true)
        {
            // The client owns a key that was accepted; one that was not is read again.
            var key = identities.KeyToJoinWith(number);
            var outcome = await _client.JoinAgentAsync(invitation, key, host, cancellation);
            if (outcome is AgentJoinOutcome.Joined joined)
            {
                identities.Save(number, key, joined.Credential);
                ground.Counters.JoinedOne();
                return new SimulatedAgent(number, CurrentCredential.InMemory(joined.Credential), sites.Add(joined), ground);
            }

            key.Dispose();
            var refusal = ((AgentJoinOutcome.Refused)outcome).Refusal;
            if (!refusal.Retryable && refusal.Code is not (ErrorCodes.ChallengeExpired or ErrorCodes.ChallengeUsed))
            {
                throw new SimulationException($"Agent {number} cannot join {label}: {refusal.Message} ({refusal.Code})");
            }

            ground.Counters.Failed(new() { Code = refusal.Code, Message = refusal.Message });
            await Task.Delay(RetryPause, ground.Time, cancellation);
        }
    }
}
