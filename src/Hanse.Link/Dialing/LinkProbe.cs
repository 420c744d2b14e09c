using System.Net.WebSockets;
using Hanse.Link.Frames;
using Hanse.Protocol.Links;

namespace Hanse.Link.Dialing;

/// <summary>Looks whether a connected stream leads to a link, as one who has no certificate to show: upgrades, and hears the goodbye that such a one gets (L2).
/// Says nothing of who the server is.</summary>
public static class LinkProbe
{
    /// <summary>A server's goodbye, or why what answered is no Hanse server. The stream is used up.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    public static async Task<LinkProbeAnswer> AskAsync(Stream stream, string serverName, TimeProvider clock, CancellationToken cancellation)
    {
        try
        {
            return await UpgradeHandshake.RunAsync(stream, serverName, cancellation).ConfigureAwait(false) is { } refused
                ? new(false, refused.Error.Message)
                : await HearAsync(stream, clock, cancellation).ConfigureAwait(false);
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            cancellation.ThrowIfCancellationRequested();
            return new(false, broken.Message);
        }
    }

    private static async Task<LinkProbeAnswer> HearAsync(Stream stream, TimeProvider clock, CancellationToken cancellation)
    {
        var options = new WebSocketCreationOptions { SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = Timeout.InfiniteTimeSpan };
        using var frames = new FrameSocket(WebSocket.CreateFromStream(stream, options), clock);
        await using var end = cancellation.Register(frames.Abort);
        var frame = await frames.ReceiveAsync(LinkLimits.Default.MaxHelloBytes).AsTask().WaitAsync(cancellation).ConfigureAwait(false);
        if (frame.Envelope?.Goodbye is not { } goodbye)
        {
            return new(false, frame.Error?.Message ?? "It upgraded, and did not say goodbye to one that shows no certificate.");
        }

        // Otherwise the server waits for it.
        await frames.CloseOutputAsync().ConfigureAwait(false);
        return new(true, goodbye.Error?.Code ?? "");
    }
}

/// <summary>What a <see cref="LinkProbe"/> heard.</summary>
/// <param name="IsLink">It speaks as a Hanse server.</param>
/// <param name="Said">The code of its goodbye, or what came instead, for people.</param>
public sealed record LinkProbeAnswer(bool IsLink, string Said);
