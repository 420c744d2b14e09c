using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>
/// Renews over a mutually authenticated connection (T3): an agent its leaf at its site, a site its intermediate at the coordinator.
/// The key is new each time. An expired node uses the same way back, by its old key, within the window of T6.
/// </summary>
public sealed class RenewClient(TimeProvider time)
{
    /// <param name="server">Where, under which name, and who must answer.</param>
    /// <param name="own">Proves who asks.</param>
    /// <param name="verifier">Judges the server.</param>
    /// <param name="newKey">The next key, saved by the caller before the call.</param>
    /// <param name="cancel">Ends the attempt with <see cref="OperationCanceledException"/>.</param>
    public async Task<RenewOutcome> RenewAsync(RenewTarget server, NodeCredential own, PeerVerifier verifier, NodeKey newKey,
        CancellationToken cancel)
    {
        PeerVerdict? verdict = null;
        var tls = PeerTls.ForClient(server.ServerName, own, verifier, server.Expected, (v, _) => verdict = v);
        using var exchange = new NodeExchange(server.Addresses, server.ServerName, tls, time);
        var request = new RenewRequest { Csr = ByteString.CopyFrom(newKey.CreateSigningRequest()) };
        var answer = await exchange.PostAsync(JoinPaths.Renew, request, RenewAnswer.Parser, cancel);
        if (answer.Message is { } given)
        {
            return JoinAnswers.Check(given, own.Identity, verifier.Trust.Value, newKey, time.GetUtcNow());
        }

        return new RenewOutcome.Refused(verdict is null or PeerVerdict.Verified ? answer.Refusal! : new JoinRefusal(verdict.Code, verdict.Message));
    }
}

/// <summary>The server of a renewal.</summary>
public sealed record RenewTarget(IReadOnlyList<NodeAddress> Addresses, string ServerName, PeerExpectation Expected);
