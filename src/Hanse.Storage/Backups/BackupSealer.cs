using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hanse.Storage.Backups;

/// <summary>Encrypts what is written to it, chunk by chunk, with AES-256-GCM. The nonce is the chunk's number and whether it is the last, and the header is
/// associated data: chunks can be neither changed nor reordered, left out, or taken from another backup, and a file that was cut is known.
/// Each backup has a salt and so a key of its own. <see cref="FinishAsync"/> writes the last chunk; without it the file is cut short.</summary>
public sealed class BackupSealer : Stream
{
    internal const int ChunkBytes = 64 * 1024;
    internal const int TagBytes = 16;

    private readonly Stream _target;
    private readonly AesGcm _aes;
    private readonly byte[] _associated;
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _filled;
    private long _number;

    private BackupSealer(Stream target, byte[] key, byte[] header)
    {
        (_target, _aes, _associated) = (target, new AesGcm(key, TagBytes), SHA256.HashData(header));
        CryptographicOperations.ZeroMemory(key);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes the header. Its salt, iterations and check are filled in here.</summary>
    public static async Task<BackupSealer> BeginAsync(Stream target, BackupHeader description, string passphrase, CancellationToken cancellation)
    {
        var salt = RandomNumberGenerator.GetBytes(BackupHeader.SaltBytes);
        var (key, check) = await Task.Run(() => BackupHeader.Derive(passphrase, salt, description.Iterations), cancellation);
        var header = (description with { Salt = salt, Check = check }).ToBytes();
        var sealer = new BackupSealer(target, key, header);
        await sealer.PutAsync(header, cancellation);
        return sealer;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            if (_filled == ChunkBytes)
            {
                await SealAsync(last: false, cancellationToken);
            }

            var taken = Math.Min(ChunkBytes - _filled, buffer.Length);
            buffer[..taken].CopyTo(_chunk.AsMemory(_filled));
            _filled += taken;
            buffer = buffer[taken..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A backup is written asynchronously.");

    /// <summary>Ends the backup. The answer is the SHA-256 of the whole file.</summary>
    public async Task<byte[]> FinishAsync(CancellationToken cancellation)
    {
        await SealAsync(last: true, cancellation);
        await _target.FlushAsync(cancellation);
        return _digest.GetHashAndReset();
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    internal static byte[] Nonce(long number, bool last)
    {
        var nonce = new byte[12];
        BinaryPrimitives.WriteInt64BigEndian(nonce.AsSpan(3), number);
        nonce[11] = last ? (byte)1 : (byte)0;
        return nonce;
    }

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

    private async Task SealAsync(bool last, CancellationToken cancellation)
    {
        // Length with the mark of the last chunk, tag, ciphertext.
        var sealedChunk = new byte[sizeof(uint) + TagBytes + _filled];
        BinaryPrimitives.WriteUInt32BigEndian(sealedChunk, (uint)_filled | (last ? 0x8000_0000u : 0));
        _aes.Encrypt(
            Nonce(_number++, last), _chunk.AsSpan(0, _filled), sealedChunk.AsSpan(sizeof(uint) + TagBytes), sealedChunk.AsSpan(sizeof(uint), TagBytes), _associated);
        _filled = 0;
        await PutAsync(sealedChunk, cancellation);
    }

    private async Task PutAsync(byte[] bytes, CancellationToken cancellation)
    {
        _digest.AppendData(bytes);
        await _target.WriteAsync(bytes, cancellation);
    }
}
