using System.IO.Pipelines;
using Google.Protobuf;
using Hanse.Link.Frames;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Streams;

/// <summary>
/// One stream inside a link: bytes both ways, each way under credit the reader grants (L1). A writer waits while its peer has not read, so
/// a slow reader costs at most the window and never holds up the rest of the link. One reader and one writer at a time.
/// </summary>
public sealed class LinkStream : IAsyncDisposable
{
    /// <summary>Larger writes are cut, so that one stream does not hold the link for long.</summary>
    private const int ChunkBytes = 32 * 1024;

    private readonly Pipe _inbox = new(new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0, useSynchronizationContext: false));
    private readonly StreamTable _table;
    private readonly FrameSocket _frames;
    private readonly int _window;
    private readonly Lock _gate = new();
    private long _sendCredit;
    private long _receiveCredit;
    private int _consumed;
    private bool _sentEnd;
    private bool _receivedEnd;
    private Exception? _fault;
    private TaskCompletionSource? _creditCame;

    internal LinkStream(StreamTable table, FrameSocket frames, ulong id, Method method, int window, long sendCredit)
    {
        (_table, _frames, Id, Method, _window) = (table, frames, id, method, window);
        (_receiveCredit, _sendCredit) = (window, sendCredit);
    }

    public ulong Id { get; }

    public Method Method { get; }

    /// <summary>Bytes that may be written now without waiting.</summary>
    public long SendCredit
    {
        get
        {
            lock (_gate)
            {
                return _sendCredit;
            }
        }
    }

    /// <summary>Reads what there is, at least one byte; zero once the peer has ended its side.</summary>
    /// <exception cref="LinkStreamException">The peer aborted the stream.</exception>
    /// <exception cref="LinkException">The link ended.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation = default)
    {
        var result = await _inbox.Reader.ReadAsync(cancellation).ConfigureAwait(false);
        var taken = Take(result.Buffer, destination);
        _inbox.Reader.AdvanceTo(result.Buffer.GetPosition(taken));
        if (taken > 0)
        {
            await GrantAsync(taken, cancellation).ConfigureAwait(false);
        }

        return taken;
    }

    /// <summary>Writes all of it, waiting for credit as often as it must.</summary>
    /// <exception cref="LinkStreamException">The peer aborted the stream.</exception>
    /// <exception cref="LinkException">The link ended.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation = default)
    {
        while (!source.IsEmpty)
        {
            var size = await TakeCreditAsync(Math.Min(source.Length, ChunkBytes), cancellation).ConfigureAwait(false);
            var data = new StreamData { Id = Id, Payload = UnsafeByteOperations.UnsafeWrap(source[..size]) };
            await SendAsync(new Envelope { StreamData = data }, cancellation).ConfigureAwait(false);
            source = source[size..];
        }
    }

    /// <summary>Ends this side; the peer may go on writing.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            if (_sentEnd || _fault is not null)
            {
                return;
            }

            _sentEnd = true;
        }

        await SendAsync(new Envelope { StreamEnd = new StreamEnd { Id = Id } }, cancellation).ConfigureAwait(false);
        ForgetIfOver();
    }

    /// <summary>Ends both sides at once; the peer's reads and writes fail with the error.</summary>
    public async ValueTask AbortAsync(Error error)
    {
        if (Fail(new LinkStreamException(error)))
        {
            await SendAsync(new Envelope { StreamEnd = new StreamEnd { Id = Id, Error = error } }, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the stream if it is not over: an unread rest is thrown away and the peer told so.</summary>
    public async ValueTask DisposeAsync()
    {
        bool over;
        lock (_gate)
        {
            over = (_sentEnd && _receivedEnd) || _fault is not null;
        }

        if (!over)
        {
            await AbortAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "The other side left the stream.")).ConfigureAwait(false);
        }

        await _inbox.Reader.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Says how much the peer may send: the first frame of the side that did not open the stream.</summary>
    internal ValueTask GrantWindowAsync() =>
        SendAsync(new Envelope { StreamCredit = new StreamCredit { Id = Id, Bytes = (uint)_window } }, CancellationToken.None);

    internal void OnCredit(uint bytes)
    {
        lock (_gate)
        {
            // Capped, so that a peer that grants without end cannot overflow the sum.
            _sendCredit = Math.Min(_sendCredit + bytes, uint.MaxValue);
            _creditCame?.TrySetResult();
            _creditCame = null;
        }
    }

    /// <summary>Takes bytes of the peer; an error if it overdrew its credit, or had ended already.</summary>
    internal Error? OnData(ByteString payload)
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                return null;
            }

            if (_receivedEnd || payload.Length > _receiveCredit)
            {
                return LinkErrors.Of(ErrorCodes.CreditExceeded, $"Stream {Id} got {payload.Length} bytes where {_receiveCredit} were granted.");
            }

            _receiveCredit -= payload.Length;
            payload.Span.CopyTo(_inbox.Writer.GetSpan(payload.Length));
            _inbox.Writer.Advance(payload.Length);
            // Never waits: the credit, not the pipe, holds the peer back; the reader wakes on the pool.
            _ = _inbox.Writer.FlushAsync(CancellationToken.None).AsTask();
            return null;
        }
    }

    internal void OnEnd(Error? error)
    {
        if (error is not null)
        {
            Fail(new LinkStreamException(error));
            return;
        }

        lock (_gate)
        {
            if (_receivedEnd || _fault is not null)
            {
                return;
            }

            _receivedEnd = true;
            _inbox.Writer.Complete();
        }

        ForgetIfOver();
    }

    /// <summary>Ends both sides here, without a word to the peer. False if it was over already.</summary>
    internal bool Fail(Exception fault)
    {
        lock (_gate)
        {
            if (_fault is not null)
            {
                return false;
            }

            _fault = fault;
            _creditCame?.TrySetException(fault);
            _creditCame = null;
            if (!_receivedEnd)
            {
                _inbox.Writer.Complete(fault);
            }
        }

        _table.Forget(Id);
        return true;
    }

    private static int Take(System.Buffers.ReadOnlySequence<byte> source, Memory<byte> destination)
    {
        var taken = 0;
        foreach (var part in source)
        {
            var size = Math.Min(part.Length, destination.Length - taken);
            part.Span[..size].CopyTo(destination.Span[taken..]);
            taken += size;
        }

        return taken;
    }

    private async ValueTask<int> TakeCreditAsync(int wanted, CancellationToken cancellation)
    {
        while (true)
        {
            Task came;
            lock (_gate)
            {
                if (_fault is not null)
                {
                    throw _fault;
                }

                if (_sentEnd)
                {
                    throw new InvalidOperationException("This side of the stream was completed; nothing can be written to it.");
                }

                if (_sendCredit > 0)
                {
                    var taken = (int)Math.Min(wanted, _sendCredit);
                    _sendCredit -= taken;
                    return taken;
                }

                _creditCame ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                came = _creditCame.Task;
            }

            await came.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    private async ValueTask GrantAsync(int taken, CancellationToken cancellation)
    {
        uint grant;
        lock (_gate)
        {
            _consumed += taken;
            // Half a window at a time: one credit frame for many small reads.
            if (_consumed < _window / 2 || _receivedEnd || _fault is not null)
            {
                return;
            }

            grant = (uint)_consumed;
            _receiveCredit += _consumed;
            _consumed = 0;
        }

        await SendAsync(new Envelope { StreamCredit = new StreamCredit { Id = Id, Bytes = grant } }, cancellation).ConfigureAwait(false);
    }

    private async ValueTask SendAsync(Envelope envelope, CancellationToken cancellation)
    {
        try
        {
            await _frames.SendAsync(envelope, cancellation).ConfigureAwait(false);
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            throw _table.Broken(broken);
        }
    }

    private void ForgetIfOver()
    {
        bool over;
        lock (_gate)
        {
            over = _sentEnd && _receivedEnd;
        }

        if (over)
        {
            _table.Forget(Id);
        }
    }
}
