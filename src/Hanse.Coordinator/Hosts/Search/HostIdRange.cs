using System.Buffers.Binary;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>The ids after one, as many as lie between about so many rows: ids are random, so a part of their space holds that part of the rows.</summary>
internal readonly record struct HostIdRange
{
    /// <param name="after">The range begins after it.</param>
    /// <param name="rows">How many rows it should hold.</param>
    /// <param name="tableRows">How many there are in all; more than 0.</param>
    public HostIdRange(Guid after, long rows, long tableRows)
    {
        var begin = ToNumber(after);
        var width = (UInt128)(Math.Min(1, (double)rows / tableRows) * Math.Pow(2, 64)) << 64;
        (After, TableRows) = (after, tableRows);
        var end = width > UInt128.MaxValue - begin || width == 0 ? UInt128.MaxValue : begin + width;
        (Until, IsLast) = (ToGuid(end), end == UInt128.MaxValue);
        Rows = (long)((double)(end - begin) / (double)UInt128.MaxValue * tableRows);
    }

    public Guid After { get; }

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
