using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using Hanse.Link.Calls;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Verification;

namespace Hanse.Link.Dialing;

/// <summary>
/// Gets one link to a server: TCP, TLS with the target's server name, WebSocket upgrade, hello (L1–L3). Addresses are tried in order; the
/// first server that proves itself decides, be it with a refusal. The upgrade is done by hand over one <see cref="SslStream"/>, since a
/// <c>ClientWebSocket</c> keeps an HTTP connection with its buffers alive under each link.
/// </summary>
public sealed class LinkDialer(LinkTls tls, LinkGreeter greeter, TimeProvider clock)
{
    /// <summary>For TCP, TLS and the upgrade together, at one address.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="OperationCanceledException">Cancelled by the caller. Everything else that can go wrong is a value.</exception>
    public async Task<DialResult> DialAsync(LinkTarget target, ILinkClient client, CancellationToken cancellation = default)
    {
        var failures = new List<Error>();
        foreach (var address in target.Addresses)
        {
            try
            {
                var result = await TryAsync(address, target.ServerName, client, cancellation).ConfigureAwait(false);
                return result is DialResult.Connected connected ? connected with { Address = address } : result;
            }
            catch (Exception failed) when (!cancellation.IsCancellationRequested && Explain(failed) is { } error)
            {
                failures.Add(LinkErrors.Of(error.Code, $"{address}: {error.Message}"));
            }
        }

        return Unreachable(target, failures);
    }

    /// <summary>Whether the server proves itself at an address: TCP and TLS as for a link, and nothing more.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    public async Task<bool> ProveAsync(NodeAddress address, string serverName, CancellationToken cancellation = default)
    {
        try
        {
            using var time = new CallTime(ConnectTimeout, cancellation, clock);
            var (stream, _, _) = await ConnectAsync(address, serverName, time.Token).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (Exception failed) when (!cancellation.IsCancellationRequested && Explain(failed) is not null)
        {
            return false;
        }
    }

    private async Task<DialResult> TryAsync(NodeAddress address, string serverName, ILinkClient client, CancellationToken cancellation)
    {
        using var time = new CallTime(ConnectTimeout, cancellation, clock);
        var (stream, verdict, reached) = await ConnectAsync(address, serverName, time.Token).ConfigureAwait(false);
        DialResult? refusal;
        try
        {
            refusal = await UpgradeHandshake.RunAsync(stream, serverName, time.Token).ConfigureAwait(false);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (refusal is not null)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            return refusal;
        }

        var server = (verdict as PeerVerdict.Verified)?.Identity;
        var socket = WebSocket.CreateFromStream(new SmallRecordStream(stream), SocketOptions());
        return await greeter.GreetAsync(socket, server, reached, client, tls.Ask(verdict), cancellation).ConfigureAwait(false);
    }

    private async Task<(SslStream Stream, PeerVerdict? Verdict, EndPoint? Reached)> ConnectAsync(NodeAddress address, string serverName, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var (options, verdict) = tls.Begin(serverName);
        try
        {
            await socket.ConnectAsync(address.ToEndPoint(), cancellation).ConfigureAwait(false);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
            return (stream, verdict.Value, socket.RemoteEndPoint);
        }
        catch (AuthenticationException) when (verdict.Value is { } judged and not PeerVerdict.Verified)
        {
            socket.Dispose();
            throw new NotTrustedException(judged);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static WebSocketCreationOptions SocketOptions() => new()
    {
        IsServer = false,
        SubProtocol = LinkProtocol.SubProtocol,
        // The link has its own heartbeat; the WebSocket's would cost a timer each.
        KeepAliveInterval = Timeout.InfiniteTimeSpan,
    };

    /// <summary>What to tell of a failure that is the network's or the peer's; null for a bug.</summary>
    private static Error? Explain(Exception failed) => failed switch
    {
        NotTrustedException untrusted => LinkErrors.Of(untrusted.Verdict.Code, untrusted.Verdict.Message),
        OperationCanceledException => LinkErrors.Of(ErrorCodes.Unreachable, "no answer in time"),
        AuthenticationException => LinkErrors.Of(ErrorCodes.NotTrusted, $"TLS failed: {failed.InnerException?.Message ?? failed.Message}"),
        SocketException or IOException or WebSocketException or ObjectDisposedException => LinkErrors.Of(ErrorCodes.Unreachable, failed.Message),
        _ => null,
    };

    /// <summary>One error out of all: a server that was reached but not trusted says more than one that was not there.</summary>
    private static DialResult.Unreachable Unreachable(LinkTarget target, List<Error> failures)
    {
        var code = failures.Select(error => error.Code).FirstOrDefault(code => code != ErrorCodes.Unreachable, ErrorCodes.Unreachable);
        var tried = failures.Count == 0 ? "no address is known" : string.Join("; ", failures.Select(error => error.Message));
        return new DialResult.Unreachable(LinkErrors.Of(code, $"No link to {target.ServerName}: {tried}."));
    }

    private sealed class NotTrustedException(PeerVerdict verdict) : Exception(verdict.Message)
    {
        public PeerVerdict Verdict { get; } = verdict;
    }
}
