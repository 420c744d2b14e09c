using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hanse.Storage.Backups;

/// <summary>Decrypts a backup as it is read. No byte is given out that was not authenticated, and the end comes only after the chunk that was
/// sealed as the last one.</summary>
/// <exception cref="BackupException">From reading: the backup is damaged or was cut short.</exception>
public sealed class BackupOpener : Stream
{
    private readonly Stream _source;
    private readonly AesGcm _aes;
    private readonly byte[] _associated;
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _chunk = [];
    private int _given;
    private long _number;
    private bool _ended;

    private BackupOpener(Stream source, BackupHeader header, byte[] key, byte[] headerBytes)
    {
        (Header, _source, _aes, _associated) = (header, source, new AesGcm(key, BackupSealer.TagBytes), SHA256.HashData(headerBytes));
        _digest.AppendData(headerBytes);
        CryptographicOperations.ZeroMemory(key);
    }

    public BackupHeader Header { get; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="BackupException">It is no backup, or the passphrase is wrong.</exception>
    public static async Task<BackupOpener> OpenAsync(Stream source, string passphrase, CancellationToken cancellation)
    {
        var (header, bytes) = await BackupHeader.ReadAsync(source, cancellation);
        var (key, check) = await Task.Run(() => BackupHeader.Derive(passphrase, header.Salt, header.Iterations), cancellation);
        return CryptographicOperations.FixedTimeEquals(check, header.Check)
            ? new BackupOpener(source, header, key, bytes)
            : throw new BackupException(BackupErrorCodes.WrongPassphrase, $"The passphrase is not the one of this backup ({header.Name}, {header.CreatedAt:u}). Nothing was changed.");
    }

    /// <summary>SHA-256 of the whole file, once it was read to its end.</summary>
    /// <exception cref="BackupException">Something follows the last chunk.</exception>
    public async Task<byte[]> DigestAsync(CancellationToken cancellation) =>
        !_ended ? throw new InvalidOperationException("The backup was not read to its end.")
            : await _source.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, cancellation) > 0
            ? throw new BackupException(BackupErrorCodes.Damaged, "Something follows the backup's end; it is not the file that was written. Nothing was changed.")
            : _digest.GetCurrentHash();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_given == _chunk.Length && !_ended)
        {
            await NextAsync(cancellationToken);
        }

        var taken = Math.Min(_chunk.Length - _given, buffer.Length);
        _chunk.AsMemory(_given, taken).CopyTo(buffer);
        _given += taken;
        return taken;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A backup is read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _aes.Dispose();
            _digest.Dispose();
            CryptographicOperations.ZeroMemory(_chunk);
        }

        base.Dispose(disposing);
    }

    private async Task NextAsync(CancellationToken cancellation)
    {
        var start = new byte[sizeof(uint) + BackupSealer.TagBytes];
        await FillAsync(start, cancellation);
        var mark = BinaryPrimitives.ReadUInt32BigEndian(start);
        var (length, last) = (mark & 0x7fff_ffff, (mark & 0x8000_0000) != 0);
        if (length > BackupSealer.ChunkBytes)
        {
            throw Damaged();
        }

        var ciphertext = new byte[length];
        await FillAsync(ciphertext, cancellation);
        var chunk = new byte[length];
        try
        {
            _aes.Decrypt(BackupSealer.Nonce(_number++, last), ciphertext, start.AsSpan(sizeof(uint)), chunk, _associated);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Damaged();
        }

        _digest.AppendData(start);
        _digest.AppendData(ciphertext);
        (_chunk, _given, _ended) = (chunk, 0, last);
    }

    private async Task FillAsync(byte[] buffer, CancellationToken cancellation)
    {
        if (await _source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation) < buffer.Length)
        {
            throw new BackupException(
                BackupErrorCodes.CutShort, $"The backup was cut short: it ends in chunk {_number + 1} and has no last one. Take another copy. Nothing was changed.");
        }
    }

    private BackupException Damaged() => new(
        BackupErrorCodes.Damaged, $"Chunk {_number} of the backup is not what was written there: it was changed, moved or left out. Take another copy. Nothing was changed.");
}
