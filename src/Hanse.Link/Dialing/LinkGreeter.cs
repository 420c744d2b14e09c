using System.Net;
using System.Net.WebSockets;
using Hanse.Link.Frames;
using Hanse.Link.Pulse;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Dialing;

/// <summary>The dialling side's hello over any connected WebSocket, whoever connected it.</summary>
public sealed class LinkGreeter(PulseWheel wheel, LinkLimits limits, TimeProvider clock)
{
    /// <summary>Steps: 1 say hello, 2 wait for the welcome, 3 judge it, 4 let the node take it. The socket is closed unless the result is
    /// a link.</summary>
    /// <param name="socket">Connected; owned by the greeter from now on.</param>
    /// <param name="server">The identity TLS proved; null if it proved none, and then the welcome must, or is declined.</param>
    /// <param name="remote">Where the server was reached.</param>
    /// <param name="client">The dialling node.</param>
    /// <param name="proof">What is asked of a server that TLS proved by name only (T8).</param>
    /// <param name="cancellation">Ends the exchange and the connection.</param>
    public async Task<DialResult> GreetAsync(
        WebSocket socket, NodeIdentity? server, EndPoint? remote, ILinkClient client, WelcomeProof? proof = null, CancellationToken cancellation = default)
    {
        var frames = new FrameSocket(socket, clock);
        try
        {
            var greeting = new LinkGreeting(frames, limits, clock);
            var answer = await greeting.ExchangeAsync(client, proof?.Nonce, cancellation).ConfigureAwait(false);
            if (answer.Welcome is not { } welcome)
            {
                frames.Dispose();
                return answer.Refusal!;
            }

            (server, var unproved) = proof is null ? (server, null) : proof.Judge(welcome);
            var declined = unproved ?? WelcomeJudge.Judge(welcome, server, client.Identity)
                ?? await client.OnWelcomeAsync(server!, welcome, cancellation).ConfigureAwait(false);
            if (declined is not null)
            {
                await greeting.DeclineAsync(declined).ConfigureAwait(false);
                return new DialResult.Refused(declined, TimeSpan.Zero);
            }

            return new DialResult.Connected(Link(frames, server!, remote, welcome, client));
        }
        catch
        {
            frames.Abort();
            frames.Dispose();
            throw;
        }
    }

    private NodeLink Link(FrameSocket frames, NodeIdentity server, EndPoint? remote, Welcome welcome, ILinkClient client)
    {
        var terms = new LinkTerms(
            Dialled: true,
            TimeSpan.FromMilliseconds(welcome.HeartbeatMs),
            (int)Math.Min(welcome.MaxFrameBytes, int.MaxValue),
            (int)Math.Min(welcome.MaxInFlight, int.MaxValue),
            (int)Math.Min(welcome.MaxStreams, int.MaxValue),
            welcome.Fence);
        var skew = LinkClock.Skew(welcome.ClockUnixMs, clock);
        return new NodeLink(frames, client.Identity, new LinkPeer(server, remote, "", [.. welcome.Capabilities], skew), terms, client.Handler, limits, wheel);
    }
}
