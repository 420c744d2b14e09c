using System.IO.Pipelines;

namespace Hanse.Link.Tests.Fixtures;

/// <summary>One end of an in-memory connection. Each direction holds at most a window of bytes, as a socket does, so that a reader that
/// stops reading stops its writer. Either end may be cut.</summary>
internal sealed class DuplexStream : Stream
{
    private readonly Stream _reading;
    private readonly Stream _writing;
    private readonly Pipe _inbound;
    private readonly Pipe _outbound;

    private DuplexStream(Pipe inbound, Pipe outbound) =>
        (_inbound, _outbound, _reading, _writing) = (inbound, outbound, inbound.Reader.AsStream(), outbound.Writer.AsStream());

    public static (DuplexStream A, DuplexStream B) Pair(int window = 64 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: window, resumeWriterThreshold: window / 2, useSynchronizationContext: false);
        var (there, back) = (new Pipe(options), new Pipe(options));
        return (new DuplexStream(back, there), new DuplexStream(there, back));
    }

    /// <summary>This end has let go of the connection.</summary>
    public bool IsDisposed { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The network fails: both ends' reads and writes end with an error.</summary>
    public void Cut()
    {
        var lost = new IOException("The connection was cut.");
        _outbound.Writer.Complete(lost);
        _inbound.Reader.Complete(lost);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reading.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WriteAsync(buffer, cancellationToken);
        await _writing.FlushAsync(cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            IsDisposed = true;
            // As with a socket, reads and writes that wait end with it.
            _inbound.Reader.CancelPendingRead();
            _outbound.Writer.CancelPendingFlush();
            _outbound.Writer.Complete();
            _inbound.Reader.Complete();
        }

        base.Dispose(disposing);
    }
}
