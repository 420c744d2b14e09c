using System.Security.Cryptography;
using Google.Protobuf;
using Hanse.Protocol.Messages;

namespace Hanse.Trust.Joining;

/// <summary>What can be known of a site's join before its token is sent (J2): steps 1 and 2 are those of the join, step 3 asks the verified server
/// about the token by its digest, which opens nothing. Changes nothing anywhere.</summary>
public sealed class SiteJoinCheck(TimeProvider time)
{
    public async Task<SiteJoinForecast> AskAsync(JoinInvitation invitation, IReadOnlyList<uint> capabilities, CancellationToken cancel)
    {
        // 1
        var discovered = await new TrustDiscovery(time).DiscoverAsync(invitation, cancel);
        if (discovered is not TrustDiscoveryOutcome.Found found)
        {
            return new SiteJoinForecast(((TrustDiscoveryOutcome.Refused)discovered).Refusal, null, null);
        }

        // 2, 3
        using var session = JoinClient.Session(invitation, NodeKind.Coordinator, found.Anchors, time);
        var question = new JoinCheck { TokenDigest = ByteString.CopyFrom(SHA256.HashData(invitation.Secret)) };
        question.Capabilities.AddRange(capabilities);
        var answer = await session.PostAsync(JoinPaths.Check, question, JoinCheckAnswer.Parser, cancel);
        var ahead = session.ServerTime is { } server ? time.GetUtcNow() - server : (TimeSpan?)null;
        return new SiteJoinForecast(answer.Refusal, ahead, answer.Message);
    }
}

/// <summary>How a join would go.</summary>
/// <param name="Refusal">Why it would not, as far as connection, pins and clock decide; or why the server could not be asked.</param>
/// <param name="ClockAhead">How far this clock is ahead of the server's; null if it did not say.</param>
/// <param name="Answer">What the coordinator says; null with a refusal.</param>
public sealed record SiteJoinForecast(JoinRefusal? Refusal, TimeSpan? ClockAhead, JoinCheckAnswer? Answer);
