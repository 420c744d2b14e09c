using System.Security.Cryptography;

namespace Hanse.Server.Hosting;

/// <summary>What servers ask of OpenSSL 3 that the platform has no setting for. Whatever cannot be had costs time or memory and nothing else.</summary>
internal static class OpenSsl
{
    public const string Crypto = "libcrypto.so.3";
    public const string Ssl = "libssl.so.3";

    /// <summary>Why a change does not hold; null when it does.</summary>
    public static string? Try(Func<string?> change)
    {
        // The platform sets OpenSSL up in a way of its own, and must come first.
        _ = SHA256.HashData([]);
        try
        {
            return change();
        }
        catch (Exception other) when (other is DllNotFoundException or EntryPointNotFoundException)
        {
            return $"this OpenSSL is not version 3: {other.Message}";
        }
    }
}
