using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Server.Cli.Connection;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Server.Cli.Gateways;

/// <summary>Whether what a server showed comes from the federation's roots, judged as an agent judges it: chain, kind, name, bans (T5, T6), new roots that the known ones
/// vouch for (T4), and a site's own word for a certificate of its operator's (T8).</summary>
internal sealed class ChainCheck(IReadOnlyCollection<X509Certificate2> roots, TimeProvider clock)
{
    private const int LongestAnswer = 256 * 1024;

    public async Task<DoctorStep> JudgeAsync(string address, string name, ShownCertificate shown, CancellationToken cancellation)
    {
        if (roots.Count == 0)
        {
            return DoctorStep.Skipped(
                DoctorSteps.Chain, address, "no root of the federation is known here", "Log in once (`hanse login`), which keeps them in the profile, or give --roots FILE.");
        }

        using var http = ApiTransport.Unverified(new Uri($"https://{address}"), name);
        http.MaxResponseContentBufferSize = LongestAnswer;
        var set = await AskAsync(() => http.GetAsync(new Uri(JoinPaths.Trust, UriKind.Relative), cancellation), TrustSet.Parser, cancellation);
        if (Federation(shown.Leaf, set) is not { } federation)
        {
            return Failed(address, "the server does not say which federation it belongs to");
        }

        var verifier = new PeerVerifier(CurrentTrust.InMemory(Anchors(federation, set)), clock);
        var expected = new PeerExpectation(NodeKind.Site, NodeKind.Coordinator) { ServerName = name };
        var verdict = CertificateNames.ReadIdentity(shown.Leaf) is not null
            ? verifier.Verify(shown.Leaf, expected, shown.Presented)
            : await ProvedAsync(http, verifier, expected, shown, cancellation);
        return verdict is PeerVerdict.Verified verified
            ? DoctorStep.Ok(DoctorSteps.Chain, address, $"comes from a root that is known here, as {verified.Identity}")
            : Failed(address, verdict.Message.TrimEnd('.'));
    }

    /// <summary>The known roots and those that they vouch for, with the bans that the coordinator signed.</summary>
    private TrustAnchors Anchors(FederationId federation, TrustSet? set)
    {
        var pins = roots.Select(SpkiHash.Of).ToHashSet();
        var anchors = new TrustAnchors(federation, [.. roots, .. RootSuccessions.Follow(federation, pins.Contains, set?.Successions ?? [])], Intermediates(set));
        return set is { Revocations.IsEmpty: false } && Revocations(set.Revocations, anchors) is { } bans ? anchors.WithRevocations(bans) : anchors;
    }

    private async Task<PeerVerdict> ProvedAsync(
        HttpClient http, PeerVerifier verifier, PeerExpectation expected, ShownCertificate shown, CancellationToken cancellation)
    {
        var challenge = new ServerChallenge(verifier, expected);
        using var body = new ByteArrayContent(new ProofRequest { Nonce = challenge.Nonce }.ToByteArray());
        body.Headers.ContentType = new(JoinPaths.ContentType);
        var proof = await AskAsync(() => http.PostAsync(new Uri(JoinPaths.Proof, UriKind.Relative), body, cancellation), ServerProof.Parser, cancellation);
        return proof is null ? new PeerVerdict.NotTrusted("it does not prove which node it is") : challenge.Judge(proof, SHA256.HashData(shown.Leaf.RawData));
    }

    /// <summary>Null if what answers does not speak as a Hanse server; the step after this one says so.</summary>
    private static async Task<T?> AskAsync<T>(Func<Task<HttpResponseMessage>> ask, MessageParser<T> parser, CancellationToken cancellation) where T : class, IMessage<T>
    {
        try
        {
            using var answer = await ask();
            return answer.IsSuccessStatusCode ? parser.ParseFrom(await answer.Content.ReadAsByteArrayAsync(cancellation)) : null;
        }
        catch (Exception noAnswer) when (noAnswer is HttpRequestException or InvalidProtocolBufferException || (noAnswer is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    private static FederationId? Federation(X509Certificate2 leaf, TrustSet? set)
    {
        try
        {
            return CertificateNames.ReadIdentity(leaf)?.Federation ?? (set is null ? null : FederationId.FromBytes(set.FederationId.Span));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static List<X509Certificate2> Intermediates(TrustSet? set)
    {
        try
        {
            return [.. (set?.Intermediates ?? []).Select(c => X509CertificateLoader.LoadCertificate(c.Span))];
        }
        catch (CryptographicException)
        {
            // Those presented in the handshake are left.
            return [];
        }
    }

    private static Revocations? Revocations(ByteString signed, TrustAnchors anchors)
    {
        try
        {
            return RevocationSignature.Verify(SignedRevocations.Parser.ParseFrom(signed), anchors);
        }
        catch (InvalidProtocolBufferException)
        {
            // A list that cannot be read bans nobody.
            return null;
        }
    }

    private static DoctorStep Failed(string address, string found) => DoctorStep.Failed(
        DoctorSteps.Chain, address, found, "Agents refuse this server. Is it of this federation, and are the roots in the profile the right ones (`hanse trust show`)?");
}
