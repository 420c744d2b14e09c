using System.Buffers;
using System.Net.WebSockets;
using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Frames;

/// <summary>
/// Envelopes over one WebSocket: one binary message is one envelope (L1). Holds no buffer while nothing arrives: it waits with a
/// zero-byte receive and rents only to take or give one frame. Sends are serialised; receives must not overlap.
/// </summary>
internal sealed class FrameSocket(WebSocket socket, TimeProvider clock) : IDisposable
{
    private const int FirstRent = 4096;

    private readonly SemaphoreSlim _sending = new(1, 1);
    private long _sendingSince;

    /// <summary>Largest frame the peer takes.</summary>
    public int MaxSendBytes { get; set; } = LinkLimits.Default.MaxFrameBytes;

    /// <summary>How long the frame now being sent has been waiting for the peer; zero when none is.</summary>
    public TimeSpan SendingFor => Volatile.Read(ref _sendingSince) is var since && since == 0 ? TimeSpan.Zero : clock.GetElapsedTime(since);

    /// <summary>The next frame, or the fault that ends the link. Faults are values; a broken transport throws.</summary>
    public async ValueTask<Frame> ReceiveAsync(int maxBytes)
    {
        var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
        return first.MessageType switch
        {
            WebSocketMessageType.Close => Frame.Closed,
            WebSocketMessageType.Text => Frame.Fault(ErrorCodes.TextFrame, "A link carries binary frames only."),
            _ => await ReadMessageAsync(first.EndOfMessage, maxBytes).ConfigureAwait(false),
        };
    }

    /// <summary>Sends one frame whole. <paramref name="cancellation"/> ends the wait for one's turn, never a frame half sent.</summary>
    /// <exception cref="FrameTooLargeException">The peer would refuse it; nothing was sent.</exception>
    public async ValueTask SendAsync(Envelope envelope, CancellationToken cancellation)
    {
        var size = envelope.CalculateSize();
        if (size > MaxSendBytes)
        {
            throw new FrameTooLargeException(size, MaxSendBytes);
        }

        await _sending.WaitAsync(cancellation).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            envelope.WriteTo(buffer.AsSpan(0, size));
            Volatile.Write(ref _sendingSince, Math.Max(1, clock.GetTimestamp()));
            await socket.SendAsync(buffer.AsMemory(0, size), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None)
                .ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _sendingSince, 0);
            ArrayPool<byte>.Shared.Return(buffer);
            _sending.Release();
        }
    }

    /// <summary>Says that nothing more will be sent. The peer's own close, or <see cref="Dispose"/>, ends the receive.</summary>
    public async ValueTask CloseOutputAsync()
    {
        await _sending.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Takes and throws away whatever comes, until the peer's close: a connection cut with bytes unread would take our goodbye
    /// with it.</summary>
    public async ValueTask DrainAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstRent);
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).ConfigureAwait(false)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Cuts the connection: whatever waits on it fails.</summary>
    public void Abort() => socket.Abort();

    public void Dispose() => socket.Dispose();

    private async ValueTask<Frame> ReadMessageAsync(bool ended, int maxBytes)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(FirstRent, maxBytes + 1));
        var length = 0;
        try
        {
            while (!ended)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length);
                }

                var part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return Frame.Closed;
                }

                length += part.Count;
                ended = part.EndOfMessage;
                if (length > maxBytes)
                {
                    return Frame.Fault(ErrorCodes.FrameTooLarge, $"A frame may have {maxBytes} bytes here; this one has more.");
                }
            }

            return FrameReader.Read(buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
