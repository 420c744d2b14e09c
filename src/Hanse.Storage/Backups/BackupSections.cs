using System.Buffers.Binary;
using System.Text;

namespace Hanse.Storage.Backups;

/// <summary>What is inside a backup: sections, each a kind, a name and bytes of any length in blocks.</summary>
internal static class BackupSections
{
    public const byte Manifest = (byte)'M';
    public const byte Table = (byte)'T';
    public const byte File = (byte)'F';
    public const byte End = (byte)'E';

    private const int LargestBlock = 1024 * 1024;
    private const int LargestName = 4096;

    public static async Task BeginAsync(Stream target, byte kind, string name, CancellationToken cancellation)
    {
        var text = Encoding.UTF8.GetBytes(name);
        var start = new byte[1 + sizeof(int) + text.Length];
        start[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(start.AsSpan(1), text.Length);
        text.CopyTo(start, 1 + sizeof(int));
        await target.WriteAsync(start, cancellation);
    }

    public static async Task BlockAsync(Stream target, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        await target.WriteAsync(length, cancellation);
        await target.WriteAsync(bytes, cancellation);
    }

    /// <summary>A whole section of known bytes.</summary>
    public static async Task WriteAsync(Stream target, byte kind, string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await BeginAsync(target, kind, name, cancellation);
        if (bytes.Length > 0)
        {
            await BlockAsync(target, bytes, cancellation);
        }

        await BlockAsync(target, default, cancellation);
    }

    public static async Task<(byte Kind, string Name)> NextAsync(Stream source, CancellationToken cancellation)
    {
        var start = new byte[1 + sizeof(int)];
        await source.ReadExactlyAsync(start, cancellation);
        var length = BinaryPrimitives.ReadInt32BigEndian(start.AsSpan(1));
        var name = new byte[length is >= 0 and <= LargestName ? length : throw Malformed()];
        await source.ReadExactlyAsync(name, cancellation);
        return (start[0], Encoding.UTF8.GetString(name));
    }

    /// <summary>The next block, empty at the section's end.</summary>
    public static async Task<byte[]> ReadBlockAsync(Stream source, CancellationToken cancellation)
    {
        var start = new byte[sizeof(int)];
        await source.ReadExactlyAsync(start, cancellation);
        var length = BinaryPrimitives.ReadInt32BigEndian(start);
        var block = new byte[length is >= 0 and <= LargestBlock ? length : throw Malformed()];
        await source.ReadExactlyAsync(block, cancellation);
        return block;
    }

    public static async Task<byte[]> ReadAllAsync(Stream source, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        while (await ReadBlockAsync(source, cancellation) is { Length: > 0 } block)
        {
            await all.WriteAsync(block, cancellation);
        }

        return all.ToArray();
    }

    private static BackupException Malformed() => new(BackupErrorCodes.Damaged, "The backup's content cannot be read. It was made by another version of this program, or is damaged.");
}
