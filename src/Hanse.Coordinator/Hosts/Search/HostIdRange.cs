using System.Buffers.Binary;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>The ids after one, to the end of one of the 128 parts of their space that the index knows: ids are random, so a part of their space
/// holds that part of the rows.</summary>
internal readonly record struct HostIdRange
{
    /// <summary>The part that a row lies in, as the index writes it: the first seven bits of its id.</summary>
    public const string PartSql = "array[get_byte(uuid_send(id), 0) >> 1]";

    public const int PartCount = 1 << PartBits;

    private const int PartBits = 7;
    private const int PartShift = 128 - PartBits;

    /// <param name="after">The range begins after it.</param>
    /// <param name="rows">How many rows it should hold at least.</param>
    /// <param name="tableRows">How many there are in all; more than 0.</param>
    public HostIdRange(Guid after, long rows, long tableRows)
    {
        var begin = ToNumber(after);
        var width = (UInt128)(Math.Min(1, (double)rows / tableRows) * Math.Pow(2, 64)) << 64;
        (After, TableRows) = (after, tableRows);
        var end = width > UInt128.MaxValue - begin || width == 0 ? UInt128.MaxValue : (begin + width) | (UInt128.MaxValue >> (128 - PartShift));
        (Until, IsLast) = (ToGuid(end), end == UInt128.MaxValue);
        var first = (int)((begin == UInt128.MaxValue ? begin : begin + 1) >> PartShift);
        Parts = [.. Enumerable.Range(first, (int)(end >> PartShift) - first + 1)];
        Rows = (long)((double)(end - begin) / (double)UInt128.MaxValue * tableRows);
    }

    public Guid After { get; }

    /// <summary>The parts that the range touches: of the first only what is behind <see cref="After"/>, of the others all.</summary>
    public IReadOnlyList<int> Parts { get; }

    /// <summary>The last id of the range.</summary>
    public Guid Until { get; }

    /// <summary>True if no id lies behind the range.</summary>
    public bool IsLast { get; }

    /// <summary>How many rows it may be taken to hold.</summary>
    public long Rows { get; }

    public long TableRows { get; }

    private static UInt128 ToNumber(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static Guid ToGuid(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new(bytes, bigEndian: true);
    }
}
