using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Agents.Api;

/// <summary>What joining and renewal keep of a host.</summary>
public interface IHostEnrolment
{
    /// <summary>A host that joined, or one with a certificate of this site that the database lost (U6). Gives the host that holds this key: a join
    /// whose answer was lost is repeated with it, and is the host that it was (J2). Repeating it changes nothing. Durable when it returns.</summary>
    Task<HostId> AddAsync(HostId host, JoinedHost joined, CancellationToken cancellation);

    /// <summary>Why a host's certificate is not renewed, or null: a removed or banned host must not come back by renewal (T6).</summary>
    Task<Error?> RenewableAsync(HostId host, CancellationToken cancellation);

    Task SetCertificateAsync(HostId host, byte[] spki, DateTimeOffset notAfter, CancellationToken cancellation);
}

/// <summary>What is known of a host at the moment it joins.</summary>
public sealed record JoinedHost(string Hostname, string MachineId, string BootId, string AgentVersion, byte[] Spki, DateTimeOffset NotAfter);
