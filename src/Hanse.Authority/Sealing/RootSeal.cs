using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Authority.Issuing;
using Hanse.Protocol.Ids;
using Hanse.Trust.Keys;

namespace Hanse.Authority.Sealing;

/// <summary>
/// Seals a root's private key for the database (T7): version (1) ‖ id of the sealing key (8) ‖ nonce (12) ‖ tag (16) ‖ AES-256-GCM ciphertext of
/// the PKCS#8. The associated data is all before the nonce, the federation id and the root's certificate: a sealed key fits no other root.
/// </summary>
public static class RootSeal
{
    private const byte Version = 1;
    private const int IdBytes = 8;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = 1 + IdBytes + NonceBytes + TagBytes;

    public static SealedRoot Seal(RootAuthority root, SealingKey key)
    {
        var plain = root.Key.ToPkcs8();
        try
        {
            var bytes = new byte[HeaderBytes + plain.Length];
            bytes[0] = Version;
            key.Id.CopyTo(bytes.AsSpan(1));
            var nonce = bytes.AsSpan(1 + IdBytes, NonceBytes);
            RandomNumberGenerator.Fill(nonce);
            using var aes = new AesGcm(key.Value, TagBytes);
            aes.Encrypt(nonce, plain, bytes.AsSpan(HeaderBytes), bytes.AsSpan(HeaderBytes - TagBytes, TagBytes),
                Associated(bytes, root.Federation, root.Certificate.RawData));
            return new SealedRoot(root.Federation, root.Certificate.RawData, bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public static UnsealOutcome Unseal(SealedRoot sealedRoot, SealingKey key, LifetimeOptions lifetimes)
    {
        var bytes = sealedRoot.SealedKey;
        if (bytes.Length <= HeaderBytes || bytes[0] != Version)
        {
            return new UnsealOutcome.Damaged();
        }

        if (!bytes.AsSpan(1, IdBytes).SequenceEqual(key.Id))
        {
            return new UnsealOutcome.WrongKeyFile();
        }

        var plain = new byte[bytes.Length - HeaderBytes];
        try
        {
            using var aes = new AesGcm(key.Value, TagBytes);
            aes.Decrypt(bytes.AsSpan(1 + IdBytes, NonceBytes), bytes.AsSpan(HeaderBytes), bytes.AsSpan(HeaderBytes - TagBytes, TagBytes), plain,
                Associated(bytes, sealedRoot.Federation, sealedRoot.Certificate));
            var certificate = X509CertificateLoader.LoadCertificate(sealedRoot.Certificate);
            return new UnsealOutcome.Unsealed(new RootAuthority(sealedRoot.Federation, certificate, NodeKey.FromPkcs8(plain), lifetimes));
        }
        catch (CryptographicException)
        {
            // The tag does not fit: the outcome says so, and there is nothing more to know.
            return new UnsealOutcome.Damaged();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static byte[] Associated(ReadOnlySpan<byte> bytes, FederationId federation, byte[] certificate) =>
        [.. bytes[..(1 + IdBytes)], .. federation.ToBytes(), .. certificate];
}

/// <summary>A root as the database holds it.</summary>
/// <param name="Federation">Whose root it is.</param>
/// <param name="Certificate">DER.</param>
/// <param name="SealedKey">The private key, sealed.</param>
public sealed record SealedRoot(FederationId Federation, byte[] Certificate, byte[] SealedKey);

/// <summary>What unsealing found.</summary>
public abstract record UnsealOutcome
{
    private UnsealOutcome()
    {
    }

    public sealed record Unsealed(RootAuthority Root) : UnsealOutcome;

    /// <summary>Sealed under another key than that of the key file.</summary>
    public sealed record WrongKeyFile : UnsealOutcome;

    /// <summary>The right key, but the bytes, the federation or the certificate were changed.</summary>
    public sealed record Damaged : UnsealOutcome;
}
