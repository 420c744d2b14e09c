using System.Collections.Frozen;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Verification;

/// <summary>The numbered list of what is banned (T6), as one immutable value. Built only from a verified list, or empty.</summary>
public sealed class Revocations
{
    private Revocations(SignedRevocations? signed, RevocationList list)
    {
        Signed = signed;
        Number = list.Number;
        IncarnationNumber = list.IncarnationNumber;
        Issued = DateTimeOffset.FromUnixTimeSeconds(list.IssuedUnixS);
        Sites = list.SiteIds.Select(id => SiteId.FromBytes(id.Span)).ToFrozenSet();
        Hosts = list.HostIds.Select(id => HostId.FromBytes(id.Span)).ToFrozenSet();
        Gateways = list.GatewayIds.Select(id => GatewayId.FromBytes(id.Span)).ToFrozenSet();
        Keys = list.SpkiHashes.Select(ReadHash).ToFrozenSet();
    }

    /// <summary>Before any list was issued: nothing is banned, and every signed list is newer.</summary>
    public static Revocations None { get; } = new(null, new RevocationList());

    public ulong Number { get; }

    public ulong IncarnationNumber { get; }

    public DateTimeOffset Issued { get; }

    public FrozenSet<SiteId> Sites { get; }

    public FrozenSet<HostId> Hosts { get; }

    public FrozenSet<GatewayId> Gateways { get; }

    public FrozenSet<SpkiHash> Keys { get; }

    /// <summary>The list as it was signed, to be passed on unchanged; null for <see cref="None"/>.</summary>
    public SignedRevocations? Signed { get; }

    /// <summary>Order of U5: a restored coordinator's lists win over those of its earlier life.</summary>
    public bool IsNewerThan(Revocations other) =>
        (IncarnationNumber, Number).CompareTo((other.IncarnationNumber, other.Number)) > 0;

    /// <summary>True if the node or its site is banned. A banned site takes its agents with it.</summary>
    public bool Bans(NodeIdentity identity) =>
        (identity.Site is { } site && Sites.Contains(site)) || (identity.Host is { } host && Hosts.Contains(host))
        || (identity.Gateway is { } gateway && Gateways.Contains(gateway));

    public bool Bans(SpkiHash key) => Keys.Contains(key);

    /// <exception cref="FormatException">An id or hash has the wrong length.</exception>
    internal static Revocations FromVerified(SignedRevocations signed, RevocationList list) => new(signed, list);

    private static SpkiHash ReadHash(ByteString bytes) =>
        SpkiHash.TryFromBytes(bytes.Span, out var hash) ? hash : throw new FormatException("A key hash is 32 bytes.");
}
