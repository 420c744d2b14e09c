using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Trust.Keys;

/// <summary>SHA-256 of a public key's SubjectPublicKeyInfo: what pins and bans name. It outlives the certificate that carries the key.</summary>
public readonly record struct SpkiHash
{
    private readonly string? _hex;

    private SpkiHash(string hex) => _hex = hex;

    public static SpkiHash Of(X509Certificate2 certificate) => OfSpki(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    public static SpkiHash Of(PublicKey key) => OfSpki(key.ExportSubjectPublicKeyInfo());

    public static SpkiHash OfSpki(ReadOnlySpan<byte> spki) => new(Convert.ToHexStringLower(SHA256.HashData(spki)));

    /// <summary>False unless there are exactly 32 bytes.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out SpkiHash hash)
    {
        var ok = bytes.Length == SHA256.HashSizeInBytes;
        hash = ok ? new SpkiHash(Convert.ToHexStringLower(bytes)) : default;
        return ok;
    }

    /// <summary>Reads the text form: 64 hexadecimal digits of either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SpkiHash hash)
    {
        var ok = text is { Length: 64 } && text.All(char.IsAsciiHexDigit);
        hash = ok ? new SpkiHash(text!.ToLowerInvariant()) : default;
        return ok;
    }

    public byte[] ToBytes() => Convert.FromHexString(ToString());

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => _hex ?? new string('0', 64);
}
