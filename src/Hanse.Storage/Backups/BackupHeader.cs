using System.Security.Cryptography;
using System.Text.Json;

namespace Hanse.Storage.Backups;

/// <summary>The open part of a backup: what it is of, and how its key is made of the passphrase. It is authenticated by every chunk behind it.</summary>
/// <param name="Id">32 hexadecimal digits.</param>
/// <param name="Role">See <see cref="DatabaseRoles"/>.</param>
/// <param name="Node">Whose it is: the identity of T1.</param>
/// <param name="Name">What people call the node.</param>
/// <param name="CreatedAt">By the server's clock.</param>
/// <param name="KeysOnly">It holds what only this node has, and nothing that others can give back.</param>
/// <param name="Salt">Of the key, 32 bytes.</param>
/// <param name="Iterations">Of PBKDF2 with HMAC-SHA-512.</param>
/// <param name="Check">Tells a wrong passphrase from a damaged file.</param>
public sealed record BackupHeader(
    string Id, string Role, string Node, string Name, DateTimeOffset CreatedAt, bool KeysOnly, byte[] Salt, int Iterations, byte[] Check)
{
    /// <summary>What a current processor does in about half a second.</summary>
    public const int DefaultIterations = 600_000;

    internal const int SaltBytes = 32;
    private const int LargestIterations = 100_000_000;
    private const int MaximumLength = 64 * 1024;
    private static readonly byte[] Magic = "hanse-backup/1\n"u8.ToArray();
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Magic, length, JSON: all of it is associated data of the chunks.</summary>
    internal byte[] ToBytes()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, Json);
        return [.. Magic, .. BitConverter.GetBytes(json.Length), .. json];
    }

    /// <exception cref="BackupException">The stream is no backup, or one of a later version.</exception>
    public static async Task<(BackupHeader Header, byte[] Bytes)> ReadAsync(Stream source, CancellationToken cancellation)
    {
        var start = new byte[Magic.Length + sizeof(int)];
        if (await source.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellation) < start.Length || !start.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            throw new BackupException(BackupErrorCodes.NotABackup, "The file is not a backup of this program. Give the file that `hanse backup create` wrote.");
        }

        var length = BitConverter.ToInt32(start, Magic.Length);
        var json = new byte[length is > 0 and <= MaximumLength ? length : throw Damaged()];
        await source.ReadExactlyAsync(json, cancellation);
        try
        {
            var header = JsonSerializer.Deserialize<BackupHeader>(json, Json);
            return header is { Salt.Length: SaltBytes, Iterations: > 0 and <= LargestIterations, Check: not null, Role: not null, Node: not null, Id: not null }
                ? (header, [.. start, .. json])
                : throw Damaged();
        }
        catch (JsonException)
        {
            throw Damaged();
        }
    }

    /// <summary>The key of the chunks, and what is stored to recognise the passphrase.</summary>
    internal static (byte[] Key, byte[] Check) Derive(string passphrase, byte[] salt, int iterations)
    {
        var both = Rfc2898DeriveBytes.Pbkdf2(passphrase, salt, iterations, HashAlgorithmName.SHA512, 64);
        return (both[..32], SHA256.HashData(both[32..])[..16]);
    }

    private static BackupException Damaged() => new(BackupErrorCodes.Damaged, "The backup's first bytes are damaged, so nothing of it can be read. Take another copy.");
}
