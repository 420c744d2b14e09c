using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>
/// Which node it is that shows a TLS certificate of its operator's own (T8): the node's certificate with its chain, and its signature over
/// label ‖ nonce ‖ SHA-256 of the TLS certificate. Who stands between two nodes shows another certificate, and the signature does not fit it.
/// </summary>
public static class ServerProofs
{
    public const int NonceBytes = 32;

    private static readonly byte[] Label = "hanse1 server proof\0"u8.ToArray();

    /// <param name="own">The node's own certificate.</param>
    /// <param name="nonce">The asker's, <see cref="NonceBytes"/> long.</param>
    /// <param name="tlsCertificateHash">SHA-256 of the certificate that this server showed on the very connection.</param>
    public static ServerProof Sign(NodeCredential own, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> tlsCertificateHash)
    {
        var proof = new ServerProof
        {
            Leaf = ByteString.CopyFrom(own.Leaf.RawData),
            Signature = ByteString.CopyFrom(own.Sign([.. Label, .. nonce, .. tlsCertificateHash])),
        };
        proof.Chain.AddRange(own.Chain.Select(c => ByteString.CopyFrom(c.RawData)));
        return proof;
    }

    /// <summary>Judges the leaf as the one of a TLS connection would be, then the signature.</summary>
    public static PeerVerdict Verify(
        ServerProof proof, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> tlsCertificateHash, PeerVerifier verifier, PeerExpectation expected)
    {
        try
        {
            using var leaf = X509CertificateLoader.LoadCertificate(proof.Leaf.Span);
            var verdict = verifier.Verify(leaf, expected, [.. proof.Chain.Select(IssuerCertificates.Load)]);
            using var key = leaf.GetECDsaPublicKey();
            return verdict is not PeerVerdict.Verified
                || key?.VerifyData([.. Label, .. nonce, .. tlsCertificateHash], proof.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) == true
                ? verdict
                : new PeerVerdict.NotTrusted("its proof is not over the certificate that this connection shows: someone may be between");
        }
        catch (CryptographicException)
        {
            return new PeerVerdict.NotTrusted("its proof holds no certificate");
        }
    }
}

/// <summary>Asked of a server that TLS proved by name only (T8). One for each connection.</summary>
public sealed class ServerChallenge(PeerVerifier verifier, PeerExpectation expected)
{
    public ByteString Nonce { get; } = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(ServerProofs.NonceBytes));

    public PeerVerdict Judge(ServerProof proof, ReadOnlySpan<byte> tlsCertificateHash) =>
        ServerProofs.Verify(proof, Nonce.Span, tlsCertificateHash, verifier, expected);

    /// <summary>The same of a proof as it travels in a welcome.</summary>
    public PeerVerdict Judge(ByteString serialized, ReadOnlySpan<byte> tlsCertificateHash)
    {
        try
        {
            return Judge(ServerProof.Parser.ParseFrom(serialized), tlsCertificateHash);
        }
        catch (InvalidProtocolBufferException)
        {
            return new PeerVerdict.NotTrusted("its proof cannot be read");
        }
    }
}
