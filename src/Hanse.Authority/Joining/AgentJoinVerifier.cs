using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Authority.Joining;

/// <summary>
/// The site's side of the join proof (J3). A challenge is time ‖ random ‖ HMAC under a key of this process, so that issuing one stores
/// nothing and a flood of requests costs no memory. It counts once and for a minute: only those used with a right proof are remembered, at most
/// <see cref="MaxRemembered"/>. Safe for use from several threads.
/// </summary>
public sealed class AgentJoinVerifier(TimeProvider time)
{
    public const int MaxRemembered = 100_000;

    private const int StampBytes = 16;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _gate = new();
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly Queue<(DateTimeOffset Until, string Nonce)> _byAge = new();

    public JoinChallenge Issue()
    {
        var nonce = new byte[JoinProof.NonceBytes];
        BinaryPrimitives.WriteInt64BigEndian(nonce, time.GetUtcNow().ToUnixTimeMilliseconds());
        RandomNumberGenerator.Fill(nonce.AsSpan(sizeof(long), StampBytes - sizeof(long)));
        Mac(nonce.AsSpan(0, StampBytes)).CopyTo(nonce.AsSpan(StampBytes));
        return new JoinChallenge { Nonce = Google.Protobuf.ByteString.CopyFrom(nonce) };
    }

    /// <param name="request">As received.</param>
    /// <param name="site">This site.</param>
    /// <param name="siteKey">K_site.</param>
    /// <param name="tlsCertificateHash">SHA-256 of the certificate that this server showed on the connection.</param>
    public AgentJoinDecision Check(AgentJoinRequest request, SiteId site, ReadOnlySpan<byte> siteKey, ReadOnlySpan<byte> tlsCertificateHash)
    {
        if (!IsFresh(request.ServerNonce.Span))
        {
            return new AgentJoinDecision.Refused(ErrorCodes.ChallengeExpired, "The challenge is not of this server or is older than a minute. Try again.");
        }

        if (request.AgentNonce.Length != JoinProof.NonceBytes
            || !JoinProof.Equal(JoinProof.OfAgent(siteKey, site, tlsCertificateHash, request), request.Proof.Span))
        {
            return new AgentJoinDecision.Refused(ErrorCodes.WrongCustomerKey,
                "The proof does not fit: the join string carries another customer key, or the request was changed on its way. Ask for a new join string.");
        }

        if (!SigningRequest.TryReadPublicKey(request.Csr.Span, out var key))
        {
            return new AgentJoinDecision.Refused(ErrorCodes.SigningRequestInvalid, "The signing request is not a valid PKCS#10 for a P-256 key.");
        }

        return Remember(Convert.ToHexString(request.ServerNonce.Span))
            ? new AgentJoinDecision.Accepted(key)
            : new AgentJoinDecision.Refused(ErrorCodes.ChallengeUsed, "The challenge was already used. Try again.");
    }

    private bool IsFresh(ReadOnlySpan<byte> nonce)
    {
        if (nonce.Length != JoinProof.NonceBytes || !CryptographicOperations.FixedTimeEquals(Mac(nonce[..StampBytes]), nonce[StampBytes..]))
        {
            return false;
        }

        var age = time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(nonce));
        return age >= TimeSpan.Zero && age < Life;
    }

    private bool Remember(string nonce)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            while (_byAge.TryPeek(out var oldest) && oldest.Until <= now)
            {
                _used.Remove(_byAge.Dequeue().Nonce);
            }

            if (_used.Count >= MaxRemembered || !_used.Add(nonce))
            {
                return false;
            }

            _byAge.Enqueue((now + Life, nonce));
            return true;
        }
    }

    private byte[] Mac(ReadOnlySpan<byte> stamp) => HMACSHA256.HashData(_key, stamp)[..(JoinProof.NonceBytes - StampBytes)];
}

/// <summary>Whether an agent may join.</summary>
public abstract record AgentJoinDecision
{
    private AgentJoinDecision()
    {
    }

    /// <summary>The agent holds the customer key; issue for this key, and prove in turn with <see cref="JoinProof.OfSite"/>.</summary>
    public sealed record Accepted(PublicKey Key) : AgentJoinDecision;

    public sealed record Refused(string Code, string Message) : AgentJoinDecision;
}
