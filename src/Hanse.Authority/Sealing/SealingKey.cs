using System.Security.Cryptography;
using System.Text;
using Hanse.Trust.Keys;

namespace Hanse.Authority.Sealing;

/// <summary>The 32-byte key of the key file that each coordinator replica is given (T7): base64 on one line, mode 0600. Without it the
/// root's key in the database is of no use.</summary>
public sealed class SealingKey
{
    public const int Bytes = 32;

    private static readonly byte[] IdLabel = "hanse1 sealing key id\0"u8.ToArray();

    private SealingKey(byte[] value) => Value = value;

    internal byte[] Value { get; }

    /// <summary>Tells which key sealed something, and nothing of the key.</summary>
    internal byte[] Id => HKDF.DeriveKey(HashAlgorithmName.SHA256, Value, 8, salt: [], info: IdLabel);

    public static SealingKey Generate() => new(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Writes the file, atomically.</summary>
    /// <exception cref="IOException">The disk or the folder refused.</exception>
    public void Save(string path) => AtomicFile.Write(path, Encoding.ASCII.GetBytes(Convert.ToBase64String(Value) + "\n"));

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file holds no key.</exception>
    public static SealingKey Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (InvalidDataException none)
        {
            throw new InvalidDataException($"{path} holds no key: {none.Message}", none);
        }
    }

    /// <summary>From the text of a key file.</summary>
    /// <exception cref="InvalidDataException">The text holds no key.</exception>
    public static SealingKey Parse(string text)
    {
        var bytes = new byte[Bytes + 1];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var count) && count == Bytes
            ? new SealingKey(bytes[..Bytes])
            : throw new InvalidDataException($"it must be one line of base64 for {Bytes} bytes. Restore the key file from its copy.");
    }

    /// <summary>Loads the key of the file, or makes one where there is none: only for the first start of a new federation.</summary>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">The file holds no key.</exception>
    public static SealingKey LoadOrGenerate(string path)
    {
        if (File.Exists(path))
        {
            return Load(path);
        }

        var key = Generate();
        key.Save(path);
        return key;
    }
}
