using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Trust.Verification;

/// <summary>
/// What a node trusts, as one immutable value: the federation's roots (a set, T4), the intermediates it knows (T5) and what is banned (T6).
/// Ordered by (incarnation number, generation).
/// </summary>
public sealed class TrustAnchors
{
    private readonly FrozenDictionary<string, X509Certificate2[]> _issuersByKeyId;

    /// <summary>Of several certificates of one key the caller may give all: the chain takes what fits.</summary>
    /// <exception cref="ArgumentException">There is no root.</exception>
    public TrustAnchors(FederationId federation, IEnumerable<X509Certificate2> roots, IEnumerable<X509Certificate2> intermediates)
    {
        Federation = federation;
        Roots = [.. roots];
        Intermediates = [.. intermediates];
        if (Roots.IsEmpty)
        {
            throw new ArgumentException("A trust set needs at least one root.", nameof(roots));
        }

        RootsKey = string.Join(' ', Roots.Select(c => c.GetCertHashString(HashAlgorithmName.SHA256)));
        _issuersByKeyId = Intermediates.Where(c => KeyIds.Subject(c) is not null).GroupBy(c => KeyIds.Subject(c)!, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
    }

    public FederationId Federation { get; }

    /// <summary>Current first, then next.</summary>
    public ImmutableArray<X509Certificate2> Roots { get; }

    public ImmutableArray<X509Certificate2> Intermediates { get; }

    /// <summary>Names exactly these roots.</summary>
    internal string RootsKey { get; }

    public ulong Generation { get; init; }

    public ulong IncarnationNumber { get; init; }

    public ByteString Incarnation { get; init; } = ByteString.Empty;

    public Revocations Revocations { get; init; } = Revocations.None;

    /// <summary>A site's own bans, in force before the coordinator's list carries them (T6).</summary>
    public FrozenSet<HostId> LocalBans { get; init; } = [];

    /// <summary>Order of U5.</summary>
    public bool IsNewerThan(TrustAnchors other) =>
        (IncarnationNumber, Generation).CompareTo((other.IncarnationNumber, other.Generation)) > 0;

    public TrustAnchors WithRevocations(Revocations revocations) => Copy(Intermediates, revocations, LocalBans);

    public TrustAnchors WithLocalBans(IEnumerable<HostId> hosts) => Copy(Intermediates, Revocations, hosts.ToFrozenSet());

    /// <summary>Adds intermediates; those already there stay, so that leaves of the last one verify until they end.</summary>
    public TrustAnchors WithIntermediates(IEnumerable<X509Certificate2> more)
    {
        var known = Intermediates.Select(c => c.Thumbprint).ToHashSet(StringComparer.Ordinal);
        return Copy(Intermediates.AddRange(more.Where(c => known.Add(c.Thumbprint))), Revocations, LocalBans);
    }

    public TrustSet ToWire()
    {
        var set = new TrustSet
        {
            FederationId = Federation.ToWire(),
            Generation = Generation,
            Incarnation = Incarnation,
            IncarnationNumber = IncarnationNumber,
            Revocations = Revocations.Signed?.ToByteString() ?? ByteString.Empty,
        };
        set.Roots.AddRange(Roots.Select(c => ByteString.CopyFrom(c.RawData)));
        set.Intermediates.AddRange(Intermediates.Select(c => ByteString.CopyFrom(c.RawData)));
        return set;
    }

    /// <summary>Reads a set that came over a verified connection or from the node's own disk. Null if it is malformed, has no root,
    /// or its revocations are not signed by the coordinator that it describes.</summary>
    public static TrustAnchors? FromWire(TrustSet set)
    {
        try
        {
            var anchors = new TrustAnchors(FederationId.FromBytes(set.FederationId.Span), set.Roots.Select(IssuerCertificates.Load), set.Intermediates.Select(IssuerCertificates.Load))
            {
                Generation = set.Generation,
                Incarnation = set.Incarnation,
                IncarnationNumber = set.IncarnationNumber,
            };
            if (set.Revocations.IsEmpty)
            {
                return anchors;
            }

            var revocations = RevocationSignature.Verify(SignedRevocations.Parser.ParseFrom(set.Revocations), anchors);
            return revocations is null ? null : anchors.WithRevocations(revocations);
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException or InvalidProtocolBufferException)
        {
            // Expected from a faulty peer or a damaged file; the caller says which.
            return null;
        }
    }

    /// <summary>The chain to show with this leaf: its issuer, without the root.</summary>
    public IEnumerable<X509Certificate2> ChainOf(X509Certificate2 leaf) => IssuersOf(leaf).Take(1);

    /// <summary>The known issuers of this certificate: at a coordinator with hundreds of sites only a few go into each chain.</summary>
    internal IEnumerable<X509Certificate2> IssuersOf(X509Certificate2 certificate) =>
        KeyIds.Authority(certificate) is { } id && _issuersByKeyId.TryGetValue(id, out var issuers) ? issuers : [];

    private TrustAnchors Copy(IEnumerable<X509Certificate2> intermediates, Revocations revocations, FrozenSet<HostId> localBans) =>
        new(Federation, Roots, intermediates)
        {
            Generation = Generation,
            Incarnation = Incarnation,
            IncarnationNumber = IncarnationNumber,
            Revocations = revocations,
            LocalBans = localBans,
        };
}
