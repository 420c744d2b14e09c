using Google.Protobuf;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Verification;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Hanse.Server.Hosting;

/// <summary>The seven paths of a link name (L2, J2): they exist only on connections whose TLS server name is one, whatever the Host
/// header says, and each body is bounded.</summary>
public static class NodeEndpoints
{
    private const string LinkPath = "/link";
    private const string SubProtocol = "hanse.v1";
    private static readonly TimeSpan RetryUntrusted = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryApart = TimeSpan.FromMinutes(10);

    /// <summary>Branches before routing: a connection to a link name never reaches the API, and the reverse.</summary>
    public static void UseNodeServer(this WebApplication app, INodeServer server)
    {
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.Use((context, next) => server.IsReady && server.IsLinkName(ServerName(context)) ? ServeAsync(context, server) : next(context));
    }

    private static Task ServeAsync(HttpContext context, INodeServer server) => (context.Request.Method, context.Request.Path.Value) switch
    {
        ("GET", LinkPath) => LinkAsync(context, server),
        ("GET", JoinPaths.Trust) => AnswerAsync(context, NodeReply.Of(server.Trust())),
        ("POST", JoinPaths.Proof) => ProveAsync(context, server),
        ("POST", JoinPaths.Challenge) => AnswerAsync(context, server.Challenge()),
        ("POST", JoinPaths.Join) => JoinAsync(context, server),
        ("POST", JoinPaths.JoinGateway) => JoinGatewayAsync(context, server),
        ("POST", JoinPaths.Check) => CheckAsync(context, server),
        ("POST", JoinPaths.Renew) => RenewAsync(context, server),
        _ => AnswerAsync(context, NodeReply.Refuse(404, ErrorCodes.NotFound, "A link name serves links and joining only; the API is under the name without “link.”.")),
    };

    private static async Task LinkAsync(HttpContext context, INodeServer server)
    {
        var certificate = await context.Connection.GetClientCertificateAsync(context.RequestAborted);
        var verdict = server.Verify(certificate);
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(SubProtocol))
        {
            await AnswerAsync(context, NodeReply.Refuse(400, ErrorCodes.RequestInvalid, $"/link is a WebSocket of subprotocol {SubProtocol}."));
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(SubProtocol);
        if (verdict is not PeerVerdict.Verified verified)
        {
            // In the link's own words: banned, expired and unknown are different answers (T6), and a dialler acts on which it is.
            await server.Acceptor.RefuseAsync(socket, LinkErrors.Of(verdict.Code, verdict.Message), RetryAfter(verdict));
            return;
        }

        var remote = context.Connection.RemoteIpAddress is { } address ? new System.Net.IPEndPoint(address, context.Connection.RemotePort) : null;
        await server.Acceptor.AcceptAsync(socket, new AcceptedPeer(verified.Identity, remote, certificate) { ServerCertificateHash = ShownHash(context) }, context.RequestAborted);
    }

    /// <summary>T6: who may return does so at once, by renewing; for whom only people can do something, there is no hurry.</summary>
    private static TimeSpan RetryAfter(PeerVerdict verdict) => verdict switch
    {
        { MayRenew: true } => TimeSpan.Zero,
        PeerVerdict.Expired or PeerVerdict.Banned or PeerVerdict.Unknown => RetryApart,
        _ => RetryUntrusted,
    };

    private static async Task JoinAsync(HttpContext context, INodeServer server)
    {
        if (await ReadAsync(context) is { } body)
        {
            await AnswerAsync(context, await server.JoinAsync(body, Caller(context), context.RequestAborted));
        }
    }

    private static async Task JoinGatewayAsync(HttpContext context, INodeServer server)
    {
        if (await ReadAsync(context) is { } body)
        {
            await AnswerAsync(context, await server.JoinGatewayAsync(body, Caller(context), context.RequestAborted));
        }
    }

    private static async Task CheckAsync(HttpContext context, INodeServer server)
    {
        if (await ReadAsync(context) is { } body)
        {
            await AnswerAsync(context, await server.CheckAsync(body, context.RequestAborted));
        }
    }

    private static async Task ProveAsync(HttpContext context, INodeServer server)
    {
        if (await ReadAsync(context, ProofRequest.Parser) is { } request)
        {
            await AnswerAsync(context, server.Prove(request, Caller(context)));
        }
    }

    private static async Task RenewAsync(HttpContext context, INodeServer server)
    {
        if (await ReadAsync(context, RenewRequest.Parser) is { } request)
        {
            var certificate = await context.Connection.GetClientCertificateAsync(context.RequestAborted);
            await AnswerAsync(context, await server.RenewAsync(certificate, request, Caller(context), context.RequestAborted));
        }
    }

    /// <summary>Null when the body was none of these, and has been answered.</summary>
    private static async Task<T?> ReadAsync<T>(HttpContext context, MessageParser<T> parser) where T : class, IMessage<T>
    {
        if (await ReadAsync(context) is not { } body)
        {
            return null;
        }

        try
        {
            return parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            await AnswerAsync(context, NodeReply.Refuse(400, ErrorCodes.MalformedMessage, $"The body is not a {typeof(T).Name}: {malformed.Message}"));
            return null;
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = JoinPaths.MaxBodyBytes;
        }

        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            return body.ToArray();
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await AnswerAsync(context, NodeReply.Refuse(413, ErrorCodes.RequestTooLarge, $"A body here has at most {JoinPaths.MaxBodyBytes} bytes."));
            return null;
        }
    }

    private static async Task AnswerAsync(HttpContext context, NodeReply reply)
    {
        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = JoinPaths.ContentType;
        await context.Response.Body.WriteAsync((reply.Message ?? reply.Error!).ToByteArray(), context.RequestAborted);
    }

    private static NodeCaller Caller(HttpContext context) => new(context.Connection.RemoteIpAddress, ShownHash(context));

    /// <summary>SHA-256 of the certificate that this connection shows (J3, T8).</summary>
    private static byte[] ShownHash(HttpContext context) =>
        context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.ISslStreamFeature>()?.SslStream.LocalCertificate is { } shown
            ? System.Security.Cryptography.SHA256.HashData(shown.GetRawCertData())
            : [];

    private static string? ServerName(HttpContext context) => context.Features.Get<ITlsHandshakeFeature>()?.HostName;
}
