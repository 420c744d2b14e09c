using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>
/// The way back of a node that missed a whole rotation (T4): its server now comes from a root that it does not know. It asks the server for its trust
/// set, believes nothing of it but what a root of its own signed, and takes in the roots that follow. Everything else it learns over the verified link.
/// </summary>
public sealed class RootRecovery(TimeProvider time)
{
    /// <summary>True if a root was taken in, durably: dial again. False if there is none; then nothing has changed.</summary>
    /// <param name="addresses">Of the server that could not be verified.</param>
    /// <param name="serverName">TLS server name to send.</param>
    /// <param name="trust">What the node trusts.</param>
    /// <param name="cancel">Ends the attempt with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="IOException">The disk refused; the old set stays in force.</exception>
    public async Task<bool> TryAsync(IReadOnlyList<NodeAddress> addresses, string serverName, CurrentTrust trust, CancellationToken cancel)
    {
        using var exchange = new NodeExchange(addresses, serverName, TrustDiscovery.Unverified(serverName), time);
        var answer = await exchange.GetAsync(JoinPaths.Trust, TrustSet.Parser, cancel);
        if (answer.Message is not { } set)
        {
            return false;
        }

        var held = trust.Value;
        var known = held.Roots.Select(SpkiHash.Of).ToHashSet();
        var found = RootSuccessions.Follow(held.Federation, known.Contains, set.Successions);
        return found.Count > 0 && !ReferenceEquals(held, trust.Update(current => current.WithRoots(found)));
    }
}
