using System.Net;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Accepting;

/// <summary>Decides, once per hello, whether a proved peer gets a link and on which terms. Called concurrently.</summary>
public interface ILinkAdmission
{
    /// <summary>The hello's identity has already been held against the certificate's. A throw is a bug and becomes <c>internal-error</c>
    /// at the peer.</summary>
    ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation);

    /// <summary>The admission threw: to be logged.</summary>
    void OnFault(NodeIdentity peer, Exception fault);
}

/// <summary>Who asks for a link.</summary>
/// <param name="Identity">Proved by the certificate.</param>
/// <param name="Remote">Where it dialled from, where known.</param>
/// <param name="Hello">Its first frame.</param>
/// <param name="ClockSkew">Its clock minus ours (L3): to be reported, not to be refused for.</param>
/// <param name="Transport">Whatever the host passed along, e.g. the client certificate. Good until the decision: then it is disposed if it can be.</param>
public sealed record LinkCandidate(NodeIdentity Identity, EndPoint? Remote, Hello Hello, TimeSpan ClockSkew, object? Transport);

/// <summary>A connection as the host of the acceptor hands it over, verified by TLS.</summary>
public sealed record AcceptedPeer(NodeIdentity Identity, EndPoint? Remote, object? Transport = null)
{
    /// <summary>SHA-256 of the certificate this server showed: what its proof covers (T8).</summary>
    public byte[] ServerCertificateHash { get; init; } = [];
}

public abstract record AdmissionDecision
{
    private AdmissionDecision()
    {
    }

    /// <summary>The peer gets a link served by <see cref="Handler"/>.</summary>
    public sealed record Welcomed(ILinkHandler Handler) : AdmissionDecision
    {
        /// <summary>For the peer to show next time (J5); to be stored before this decision is returned.</summary>
        public ByteString LinkSecret { get; init; } = ByteString.Empty;

        /// <summary>L6; zero where links are not fenced.</summary>
        public ulong Fence { get; init; }

        public ByteString Incarnation { get; init; } = ByteString.Empty;

        public ulong IncarnationNumber { get; init; }

        /// <summary>Becomes <see cref="NodeLink.State"/> before the handler sees the link.</summary>
        public object? State { get; init; }
    }

    /// <summary>The peer is told why, and when to come back (zero: as it likes).</summary>
    public sealed record Refused(Error Error, TimeSpan RetryAfter = default) : AdmissionDecision;
}
