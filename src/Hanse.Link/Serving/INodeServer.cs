using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Link.Accepting;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Link.Serving;

/// <summary>What a role answers on its link name (L2): the same seven paths at a coordinator and at a site. The host of the listener
/// owns sockets, HTTP and body limits; this owns every decision.</summary>
public interface INodeServer
{
    /// <summary>True once the role has an identity; before that nothing is served under any link name.</summary>
    bool IsReady { get; }

    /// <summary>TLS for a connection that asks for this server name. Link names ask for a client certificate, others never do.</summary>
    SslServerAuthenticationOptions Tls(string? serverName);

    /// <summary>True if the name is one of the role's link names: only there do the paths of this interface exist.</summary>
    bool IsLinkName(string? serverName);

    /// <summary>Takes verified links.</summary>
    LinkAcceptor Acceptor { get; }

    /// <summary>Judges the client certificate of a link (T2, T6).</summary>
    PeerVerdict Verify(X509Certificate2? certificate);

    /// <summary>GET /trust: nothing secret (J2).</summary>
    TrustSet Trust();

    /// <summary>The node's own certificate, whatever TLS shows.</summary>
    NodeCredential Own { get; }

    /// <summary>POST /proof (T8).</summary>
    NodeReply Prove(ProofRequest request, NodeCaller caller) => request.Nonce.Length == ServerProofs.NonceBytes
        ? NodeReply.Of(ServerProofs.Sign(Own, request.Nonce.Span, caller.ServerCertificateHash))
        : NodeReply.Refuse(400, Protocol.Errors.ErrorCodes.MalformedMessage, $"A nonce has {ServerProofs.NonceBytes} bytes.", "nonce");

    /// <summary>POST /join/challenge (J3).</summary>
    NodeReply Challenge();

    /// <summary>POST /join/check: only a coordinator answers it.</summary>
    Task<NodeReply> CheckAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation) =>
        Task.FromResult(NodeReply.Refuse(404, Protocol.Errors.ErrorCodes.NotFound, "Only a coordinator answers this; a site's agents join with a challenge."));

    /// <summary>POST /join, without a client certificate.</summary>
    Task<NodeReply> JoinAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation);

    /// <summary>POST /join/gateway: only a coordinator answers it.</summary>
    Task<NodeReply> JoinGatewayAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation) =>
        Task.FromResult(NodeReply.Refuse(404, Protocol.Errors.ErrorCodes.NotFound, "Gateways join at the coordinator, not at a site."));

    /// <summary>POST /renew, judged by the connection's client certificate (L2, T3).</summary>
    Task<NodeReply> RenewAsync(X509Certificate2? certificate, RenewRequest request, NodeCaller caller, CancellationToken cancellation);
}

/// <summary>Who called, as the connection tells it.</summary>
/// <param name="Remote">Its address.</param>
/// <param name="ServerCertificateHash">SHA-256 of the certificate this server showed on the connection (J3).</param>
public sealed record NodeCaller(IPAddress? Remote, byte[] ServerCertificateHash);

/// <summary>The answer's message, or a typed error with its HTTP status.</summary>
public sealed record NodeReply(IMessage? Message, Error? Error, int Status)
{
    public static NodeReply Of(IMessage message) => new(message, null, 200);

    /// <param name="status">400 to 503.</param>
    /// <param name="code">A code of the catalogue.</param>
    /// <param name="message">What happened, why, and what to do.</param>
    /// <param name="field">The input to blame.</param>
    public static NodeReply Refuse(int status, string code, string message, string field = "") => new(null, LinkErrors.Of(code, message, field), status);
}
