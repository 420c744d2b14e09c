using System.Security.Cryptography;
using Hanse.Storage.Backups;

namespace Hanse.Storage.Tests.Backups;

/// <summary>A sealed backup gives back exactly what was written, or says why not; never a part of it.</summary>
public sealed class BackupSealingTests
{
    private const string Passphrase = "correct horse battery";
    private const int Chunk = 64 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData(3 * Chunk)]
    public async Task What_was_written_is_read(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        var (file, digest) = await SealAsync(content);
        await using var opener = await BackupOpener.OpenAsync(new MemoryStream(file), Passphrase, default);
        Assert.Equal(content, await ReadAsync(opener));
        Assert.Equal(digest, await opener.DigestAsync(default));
        Assert.Equal(SHA256.HashData(file), digest);
        Assert.Equal(("north", 1000), (opener.Header.Name, opener.Header.Iterations));
    }

    [Fact]
    public async Task Same_content_is_sealed_differently_each_time() =>
        Assert.NotEqual((await SealAsync(new byte[100])).File, (await SealAsync(new byte[100])).File);

    [Fact]
    public async Task A_wrong_passphrase_is_known_as_such()
    {
        var (file, _) = await SealAsync([1, 2, 3]);
        var refused = await Assert.ThrowsAsync<BackupException>(() => BackupOpener.OpenAsync(new MemoryStream(file), Passphrase + "x", default));
        Assert.Equal(BackupErrorCodes.WrongPassphrase, refused.Code);
    }

    [Fact]
    public async Task A_file_cut_anywhere_is_not_taken()
    {
        var (file, _) = await SealAsync(RandomNumberGenerator.GetBytes((2 * Chunk) + 10));
        var chunk = sizeof(uint) + 16 + Chunk;
        var header = file.Length - (2 * chunk) - (sizeof(uint) + 16 + 10);
        foreach (var length in new[] { header, header + 3, header + chunk, header + chunk + 1, header + (2 * chunk), file.Length - 1 })
        {
            var refused = await Assert.ThrowsAsync<BackupException>(() => ReadAsync(file[..length]));
            Assert.Equal(BackupErrorCodes.CutShort, refused.Code);
        }

        Assert.Equal(BackupErrorCodes.NotABackup, (await Assert.ThrowsAsync<BackupException>(() => ReadAsync(file[..5]))).Code);
        Assert.Equal(BackupErrorCodes.NotABackup, (await Assert.ThrowsAsync<BackupException>(() => ReadAsync(new byte[1000]))).Code);
    }

    [Fact]
    public async Task Chunks_that_were_changed_swapped_left_out_or_taken_from_another_are_known()
    {
        var (file, _) = await SealAsync(RandomNumberGenerator.GetBytes(4 * Chunk));
        var (other, _) = await SealAsync(RandomNumberGenerator.GetBytes(4 * Chunk));
        var chunk = sizeof(uint) + 16 + Chunk;
        var header = file.Length - (4 * chunk);
        byte[] Part(byte[] of, int i) => of[(header + (i * chunk))..(header + ((i + 1) * chunk))];
        byte[] Join(params byte[][] parts) => [.. file[..header], .. parts.SelectMany(p => p)];
        Assert.Equal(file, Join(Part(file, 0), Part(file, 1), Part(file, 2), Part(file, 3)));

        var flipped = (byte[])file.Clone();
        flipped[header + chunk + 100] ^= 1;
        var marked = (byte[])file.Clone();
        marked[header + chunk] ^= 0x80; // "the last one"
        var described = (byte[])file.Clone();
        described[Array.IndexOf(described, (byte)'n', 40)] ^= 1;
        foreach (var forged in new[]
        {
            flipped, marked, Join(Part(file, 1), Part(file, 0), Part(file, 2), Part(file, 3)), Join(Part(file, 0), Part(file, 2), Part(file, 3)),
            Join(Part(file, 0), Part(other, 1), Part(file, 2), Part(file, 3)), Join(Part(file, 0), Part(file, 0), Part(file, 2), Part(file, 3)), [.. file, 0],
        })
        {
            Assert.Equal(BackupErrorCodes.Damaged, (await Assert.ThrowsAsync<BackupException>(() => ReadAsync(forged))).Code);
        }

        await Assert.ThrowsAsync<BackupException>(() => ReadAsync(described));
    }

    private static async Task<(byte[] File, byte[] Digest)> SealAsync(byte[] content)
    {
        using var target = new MemoryStream();
        var header = new BackupHeader(new string('a', 32), DatabaseRoles.Site, "hanse://x", "north", DateTimeOffset.UnixEpoch, false, [], 1000, []);
        await using var sealer = await BackupSealer.BeginAsync(target, header, Passphrase, default);
        await sealer.WriteAsync(content);
        return (await sealer.FinishAsync(default) is var digest ? target.ToArray() : [], digest);
    }

    private static async Task<byte[]> ReadAsync(byte[] file)
    {
        await using var opener = await BackupOpener.OpenAsync(new MemoryStream(file), Passphrase, default);
        var content = await ReadAsync(opener);
        await opener.DigestAsync(default);
        return content;
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var content = new MemoryStream();
        await stream.CopyToAsync(content);
        return content.ToArray();
    }
}
