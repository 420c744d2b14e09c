using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Hanse.Coordinator.Access;

/// <summary>Tokens and passwords as people and programs hold them. A token is 32 random bytes, so its plain SHA-256 is enough to keep.</summary>
internal static class TokenText
{
    public const string Prefix = "hanse_";

    // Without what is mistaken for something else: 0 O o 1 l I.
    private const string Letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public static string New() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    /// <summary>20 letters and digits: 115 bits.</summary>
    public static string NewPassword() => RandomNumberGenerator.GetString(Letters, 20);
}
