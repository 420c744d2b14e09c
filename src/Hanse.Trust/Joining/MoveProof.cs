using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>The proof of J4: a host's signature, by the key of its certificate at the old site, over (label, host id, new site id, nonce of the new site), each
/// field preceded by its length (u32, big-endian). Ownership of a host moves by nothing else.</summary>
public static class MoveProof
{
    private const string Label = "hanse1 host move";

    /// <param name="old">The host's credential at the site it leaves.</param>
    /// <param name="to">The site it joins, from the verified certificate of that site.</param>
    /// <param name="nonce">That site's challenge.</param>
    public static HostMoveProof Sign(NodeCredential old, SiteId to, ReadOnlySpan<byte> nonce) => new()
    {
        Certificate = ByteString.CopyFrom(old.Leaf.RawData),
        Issuer = old.Chain.IsEmpty ? ByteString.Empty : ByteString.CopyFrom(old.Chain[0].RawData),
        Signature = ByteString.CopyFrom(old.Sign(Transcript(old.Identity.Host!.Value, to, nonce))),
    };

    /// <summary>Who moves: host and old site. The chain is judged as of the certificate's life; bans count (T6).</summary>
    /// <param name="proof">As received.</param>
    /// <param name="to">The site that the host is said to have joined.</param>
    /// <param name="nonce">The challenge that it is said to have signed.</param>
    /// <param name="anchors">What is trusted.</param>
    /// <param name="now">Judges the certificate.</param>
    /// <param name="late">Takes a certificate that ended longer ago than a host may return after: for a record of a move that was judged in time.</param>
    public static (NodeIdentity? Host, string Why) Verify(
        HostMoveProof proof, SiteId to, ReadOnlySpan<byte> nonce, TrustAnchors anchors, DateTimeOffset now, bool late = false)
    {
        if (TryLoad(proof.Certificate) is not { } leaf)
        {
            return (null, "it holds no certificate");
        }

        var issuers = TryLoad(proof.Issuer) is { } issuer ? new[] { issuer } : [];
        var verdict = PeerVerifier.Verify(leaf, new PeerExpectation(NodeKind.Agent), anchors, now, issuers);
        if (verdict is not (PeerVerdict.Verified or PeerVerdict.Expired) || verdict is PeerVerdict.Expired { MayReturn: false } && !late)
        {
            return (null, verdict.Message);
        }

        var identity = (verdict as PeerVerdict.Verified)?.Identity ?? ((PeerVerdict.Expired)verdict).Identity;
        using var key = leaf.GetECDsaPublicKey();
        return identity.Site == to ? (null, "the host belongs to this site already")
            : key?.VerifyData(Transcript(identity.Host!.Value, to, nonce), proof.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) != true
            ? (null, "its signature is not of this host, for this site and this challenge")
            : (identity, "");
    }

    /// <summary>SHA-256 of the public key that signed.</summary>
    public static SpkiHash KeyOf(HostMoveProof proof) => SpkiHash.Of(TryLoad(proof.Certificate) ?? throw new FormatException("The proof holds no certificate."));

    private static X509Certificate2? TryLoad(ByteString der)
    {
        try
        {
            return der.IsEmpty ? null : X509CertificateLoader.LoadCertificate(der.Span);
        }
        catch (CryptographicException)
        {
            return null; // said by the caller, in its own words
        }
    }

    private static byte[] Transcript(HostId host, SiteId to, ReadOnlySpan<byte> nonce)
    {
        using var transcript = new MemoryStream();
        Add(transcript, Encoding.ASCII.GetBytes(Label));
        Add(transcript, host.ToBytes());
        Add(transcript, to.ToBytes());
        Add(transcript, nonce);
        return transcript.ToArray();
    }

    private static void Add(MemoryStream transcript, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)field.Length);
        transcript.Write(length);
        transcript.Write(field);
    }
}
