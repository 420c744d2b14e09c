using System.Diagnostics.CodeAnalysis;

namespace Hanse.Link.Dialing;

/// <summary>
/// Passes everything through to a TLS stream, and writes in pieces that each become a small TLS record. The receiver's TLS library keeps, for the
/// life of the connection, a buffer as large as the largest record that it ever got: one inventory in records of full size would cost a
/// server 20 KiB an idle agent (measured, ADR 0001). Guarantees what the inner stream guarantees; writes must not overlap, as there.
/// </summary>
[SuppressMessage("Design", "MA0042", Justification = "The synchronous members are the inner stream's.")]
internal sealed class SmallRecordStream(Stream inner) : Stream
{
    /// <summary>Bytes of one piece. An envelope of the daily work fits; the framing of a smaller one would begin to show.</summary>
    internal const int PieceBytes = 2048;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.ReadAsync(buffer, offset, count, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count)
    {
        for (; count > 0; offset += PieceBytes, count -= PieceBytes)
        {
            inner.Write(buffer, offset, Math.Min(count, PieceBytes));
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.Length <= PieceBytes ? inner.WriteAsync(buffer, cancellationToken) : WritePiecesAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask WritePiecesAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation)
    {
        for (; buffer.Length > PieceBytes; buffer = buffer[PieceBytes..])
        {
            await inner.WriteAsync(buffer[..PieceBytes], cancellation).ConfigureAwait(false);
        }

        await inner.WriteAsync(buffer, cancellation).ConfigureAwait(false);
    }
}
