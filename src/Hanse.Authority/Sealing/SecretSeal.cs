using System.Security.Cryptography;
using System.Text;

namespace Hanse.Authority.Sealing;

/// <summary>Seals a secret for the database under the key file (T7): nonce (12) ‖ tag (16) ‖ AES-256-GCM ciphertext. The associated data
/// is the label, so that one sealed secret cannot stand in for another.</summary>
public static class SecretSeal
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = NonceBytes + TagBytes;

    public static byte[] Seal(ReadOnlySpan<byte> secret, string label, SealingKey key)
    {
        var bytes = new byte[HeaderBytes + secret.Length];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key.Value, TagBytes);
        aes.Encrypt(bytes.AsSpan(0, NonceBytes), secret, bytes.AsSpan(HeaderBytes), bytes.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(label));
        return bytes;
    }

    /// <summary>Null if the key file is another one, or the bytes or the label were changed.</summary>
    public static byte[]? Unseal(ReadOnlySpan<byte> sealedSecret, string label, SealingKey key)
    {
        if (sealedSecret.Length < HeaderBytes)
        {
            return null;
        }

        var secret = new byte[sealedSecret.Length - HeaderBytes];
        try
        {
            using var aes = new AesGcm(key.Value, TagBytes);
            aes.Decrypt(sealedSecret[..NonceBytes], sealedSecret[HeaderBytes..], sealedSecret[NonceBytes..HeaderBytes], secret, Encoding.UTF8.GetBytes(label));
            return secret;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
