using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Site.Agents.Api;

/// <summary>What joining and renewal keep of a host.</summary>
public interface IHostEnrolment
{
    /// <summary>A host that joined, or one with a certificate of this site that the database lost (U6). Gives the host that holds this key: a join
    /// whose answer was lost is repeated with it, and is the host that it was (J2). Repeating it changes nothing. Durable when it returns.</summary>
    Task<HostId> AddAsync(HostId host, JoinedHost joined, CancellationToken cancellation);

    /// <summary>Why a host's certificate is not renewed, or null: a removed or banned host must not come back by renewal (T6).</summary>
    Task<Error?> RenewableAsync(HostId host, CancellationToken cancellation);

    Task SetCertificateAsync(HostId host, HostCertificate certificate, CancellationToken cancellation);
}

/// <summary>What is known of a host at the moment it joins.</summary>
public sealed record JoinedHost(string Hostname, string MachineId, string BootId, string AgentVersion, HostCertificate Certificate);

/// <summary>What is kept of a host's certificate.</summary>
/// <param name="Spki">SHA-256 of its public key.</param>
/// <param name="Root">SHA-256 of the key of the root it comes from (T4); null where that is not known.</param>
/// <param name="NotBefore">Its life.</param>
/// <param name="NotAfter">Its end.</param>
public sealed record HostCertificate(byte[] Spki, byte[]? Root, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    public static HostCertificate Of(X509Certificate2 leaf, TrustAnchors trust) => new(
        SpkiHash.Of(leaf).ToBytes(), trust.RootOfLeaf(leaf) is { } root ? SpkiHash.Of(root).ToBytes() : null, leaf.NotBefore.ToUniversalTime(),
        leaf.NotAfter.ToUniversalTime());
}
