using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Trust.Joining;

/// <summary>
/// The proofs of J3: HMAC-SHA256 under K_site over a transcript in which each field is preceded by its length (u32, big-endian), so that
/// no two transcripts read the same. The agent's proof binds its request to the TLS connection; the site's binds all that it answers to the request.
/// </summary>
public static class JoinProof
{
    public const int NonceBytes = 32;

    private const string AgentLabel = "hanse1 agent join";
    private const string SiteLabel = "hanse1 site answer";

    /// <summary>label ‖ agent nonce ‖ server nonce ‖ site id ‖ SHA-256 of the TLS server certificate ‖ CSR.</summary>
    public static byte[] OfAgent(ReadOnlySpan<byte> siteKey, SiteId site, ReadOnlySpan<byte> tlsCertificateHash, AgentJoinRequest request)
    {
        using var transcript = Begin(siteKey, AgentLabel, site, tlsCertificateHash, request);
        return transcript.GetHashAndReset();
    }

    /// <summary>The agent's fields under another label ‖ host id ‖ certificate ‖ federation, incarnation, generation, roots and
    /// intermediates of the trust set ‖ server name ‖ addresses. An agent given no pins trusts the set on this proof alone (T8).</summary>
    public static byte[] OfSite(ReadOnlySpan<byte> siteKey, SiteId site, ReadOnlySpan<byte> tlsCertificateHash, AgentJoinRequest request,
        AgentJoinAnswer answer)
    {
        using var transcript = Begin(siteKey, SiteLabel, site, tlsCertificateHash, request);
        Add(transcript, answer.HostId.Span);
        Add(transcript, answer.Certificate.Span);
        var trust = answer.Trust ?? new TrustSet();
        Add(transcript, trust.FederationId.Span);
        Add(transcript, trust.Incarnation.Span);
        AddNumber(transcript, trust.IncarnationNumber);
        AddNumber(transcript, trust.Generation);
        AddAll(transcript, trust.Roots.Select(c => c.ToByteArray()));
        AddAll(transcript, trust.Intermediates.Select(c => c.ToByteArray()));
        Add(transcript, trust.Revocations.Span);
        Add(transcript, Encoding.UTF8.GetBytes(answer.ServerName));
        AddAll(transcript, answer.Addresses.Select(Encoding.UTF8.GetBytes));
        return transcript.GetHashAndReset();
    }

    /// <summary>In constant time.</summary>
    public static bool Equal(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> given) => CryptographicOperations.FixedTimeEquals(expected, given);

    private static IncrementalHash Begin(ReadOnlySpan<byte> siteKey, string label, SiteId site, ReadOnlySpan<byte> tlsCertificateHash,
        AgentJoinRequest request)
    {
        var transcript = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, siteKey);
        Add(transcript, Encoding.ASCII.GetBytes(label));
        Add(transcript, request.AgentNonce.Span);
        Add(transcript, request.ServerNonce.Span);
        Add(transcript, site.ToBytes());
        Add(transcript, tlsCertificateHash);
        Add(transcript, request.Csr.Span);
        return transcript;
    }

    private static void AddAll(IncrementalHash transcript, IEnumerable<byte[]> fields)
    {
        var all = fields.ToList();
        AddNumber(transcript, (ulong)all.Count);
        all.ForEach(field => Add(transcript, field));
    }

    private static void AddNumber(IncrementalHash transcript, ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        Add(transcript, bytes);
    }

    private static void Add(IncrementalHash transcript, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)field.Length);
        transcript.AppendData(length);
        transcript.AppendData(field);
    }
}
