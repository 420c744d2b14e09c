using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Hanse.Authority.Joining;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;

namespace Hanse.Coordinator.Enrollment;

/// <summary>POST /join/check: tells a site that is about to join what it would be answered. It asks by its token's digest, so the token
/// is not sent; only who holds a token is told anything, and nothing is changed.</summary>
internal sealed class JoinCheckDesk(FederationStore store, ISites sites, TimeProvider time)
{
    private static readonly TimeSpan Resolving = TimeSpan.FromSeconds(3);

    public async Task<NodeReply> AnswerAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        JoinCheck question;
        try
        {
            question = JoinCheck.Parser.ParseFrom(body.Span);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            return NodeReply.Refuse(400, ErrorCodes.MalformedMessage, $"The body is not a JoinCheck: {malformed.Message}");
        }

        var (state, site) = await store.FindTokenAsync(question.TokenDigest.ToByteArray(), cancellation);
        var answer = new JoinCheckAnswer { Capabilities = { Capabilities.OfLink } };
        if (JoinTokenMachine.Judge(state, time.GetUtcNow()) is { } refused)
        {
            answer.Refusal = LinkErrors.Of(refused.Code, refused.Message, "joinString");
            return NodeReply.Of(answer);
        }

        var row = (await sites.FindAsync(site.ToString(), cancellation))!;
        answer.SiteName = row.Name;
        answer.ExternalNames.AddRange(row.ExternalNames);
        answer.Addresses.AddRange(row.Addresses);
        var hosts = row.Addresses.Select(a => NodeAddress.TryParse(a, out var address) ? address.Host : a)
            .Where(h => !IPAddress.TryParse(h, out _)).Distinct(StringComparer.OrdinalIgnoreCase).Take(8).ToList();
        var found = await Task.WhenAll(hosts.Select(h => ResolvesAsync(h, cancellation)));
        answer.Unresolved.AddRange(hosts.Where((_, i) => !found[i]));
        return NodeReply.Of(answer);
    }

    private async Task<bool> ResolvesAsync(string host, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Resolving, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            return (await Dns.GetHostAddressesAsync(host, either.Token)).Length > 0;
        }
        catch (Exception unknown) when (unknown is SocketException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return false;
        }
    }
}
