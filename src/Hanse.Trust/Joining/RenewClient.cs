using Google.Protobuf;
using Hanse.Protocol.Messages;
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
    public async Task<RenewOutcome> RenewAsync(SessionTarget server, NodeCredential own, PeerVerifier verifier, NodeKey newKey,
        CancellationToken cancel)
    {
        using var session = new ServerSession(server, own, verifier);
        var request = new RenewRequest { Csr = ByteString.CopyFrom(newKey.CreateSigningRequest()) };
        var answer = await session.PostAsync(JoinPaths.Renew, request, RenewAnswer.Parser, cancel);
        return answer.Message is { } given
            ? JoinAnswers.Check(given, own.Identity, verifier.Trust.Value, newKey, time.GetUtcNow())
            : new RenewOutcome.Refused(answer.Refusal!);
    }
}
