using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

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

    /// <summary>Which root vouched for which (T4), passed on as they came; oldest first.</summary>
    public ImmutableArray<RootSuccession> Successions { get; init; } = [];

    /// <summary>Names this set of roots, whatever their order: what a node confirms to trust.</summary>
    public byte[] RootSetId => SHA256.HashData([.. Roots.Select(r => SpkiHash.Of(r).ToString()).Order(StringComparer.Ordinal).SelectMany(System.Text.Encoding.ASCII.GetBytes)]);

    /// <summary>A site's own bans, in force before the coordinator's list carries them (T6).</summary>
    public FrozenSet<HostId> LocalBans { get; init; } = [];

    /// <summary>Order of U5.</summary>
    public bool IsNewerThan(TrustAnchors other) =>
        (IncarnationNumber, Generation).CompareTo((other.IncarnationNumber, other.Generation)) > 0;

    /// <summary>True if the node, or its site, may not be here: by the coordinator's list or by this site's own bans (T6).</summary>
    public bool Bans(NodeIdentity identity) => Revocations.Bans(identity) || (identity.Host is { } host && LocalBans.Contains(host));

    /// <summary>The trusted root that an intermediate comes from by its key id, or null. Says nothing of its signature.</summary>
    public X509Certificate2? RootOf(X509Certificate2 intermediate) =>
        KeyIds.Authority(intermediate) is { } id ? Roots.FirstOrDefault(r => KeyIds.Subject(r) == id) : null;

    /// <summary>The same of a leaf: the root of the intermediate that issued it.</summary>
    public X509Certificate2? RootOfLeaf(X509Certificate2 leaf) => IssuersOf(leaf).Select(RootOf).FirstOrDefault(r => r is not null);

    public TrustAnchors WithRevocations(Revocations revocations) => Copy(Roots, Intermediates, revocations, LocalBans);

    public TrustAnchors WithLocalBans(IEnumerable<HostId> hosts) => Copy(Roots, Intermediates, Revocations, hosts.ToFrozenSet());

    /// <summary>Adds roots behind those that are there.</summary>
    public TrustAnchors WithRoots(IEnumerable<X509Certificate2> more) => Copy(Roots.AddRange(more), Intermediates, Revocations, LocalBans);

    /// <summary>Adds intermediates; those already there stay, so that leaves of the last one verify until they end.</summary>
    public TrustAnchors WithIntermediates(IEnumerable<X509Certificate2> more)
    {
        var known = Intermediates.Select(c => c.Thumbprint).ToHashSet(StringComparer.Ordinal);
        return Copy(Roots, Intermediates.AddRange(more.Where(c => known.Add(c.Thumbprint))), Revocations, LocalBans);
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
        set.Successions.AddRange(Successions);
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
                Successions = [.. set.Successions],
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

    private TrustAnchors Copy(
        IEnumerable<X509Certificate2> roots, IEnumerable<X509Certificate2> intermediates, Revocations revocations, FrozenSet<HostId> localBans) =>
        new(Federation, roots, intermediates)
        {
            Generation = Generation,
            Incarnation = Incarnation,
            IncarnationNumber = IncarnationNumber,
            Revocations = revocations,
            LocalBans = localBans,
            Successions = Successions,
        };
}
