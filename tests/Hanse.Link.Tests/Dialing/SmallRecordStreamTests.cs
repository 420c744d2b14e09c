using Hanse.Link.Dialing;

namespace Hanse.Link.Tests.Dialing;

public sealed class SmallRecordStreamTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SmallRecordStream.PieceBytes)]
    [InlineData(SmallRecordStream.PieceBytes + 1)]
    [InlineData((5 * SmallRecordStream.PieceBytes) + 7)]
    public async Task Write_anyLength_arrivesWholeAndInOrder_inSmallPieces(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        await using var pieces = new PieceStream();
        await using var stream = new SmallRecordStream(pieces);

        await stream.WriteAsync(bytes);
        await stream.WriteAsync(bytes, 0, length);
        WriteSynchronously(stream, bytes);

        Assert.Equal([.. bytes, .. bytes, .. bytes], pieces.ToArray());
        Assert.All(pieces.Lengths, piece => Assert.InRange(piece, 0, SmallRecordStream.PieceBytes));
        Assert.InRange(pieces.Lengths.Count, 0, 3 * ((length / SmallRecordStream.PieceBytes) + 1));
    }

    private static void WriteSynchronously(SmallRecordStream stream, byte[] bytes) => stream.Write(bytes, 0, bytes.Length);

    private sealed class PieceStream : MemoryStream
    {
        public List<int> Lengths { get; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            // Ends in the method below, which counts it.
            base.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Lengths.Add(count);
            base.Write(buffer, offset, count);
        }
    }
}
