using System.Security.Cryptography;

namespace Hanse.Site.Agents;

/// <summary>J5: each hello is answered with a fresh secret that the agent shows next time; the last two given are valid, for the
/// answer that carried the newest may have been lost. A copy of a host's key falls behind and is found by its older secret. Pure.</summary>
internal static class LinkSecretPlanner
{
    /// <param name="shown">What the hello carried; empty on the first link of an identity.</param>
    /// <param name="current">SHA-256 of the secret given last; null before the first link.</param>
    /// <param name="previous">SHA-256 of the one before.</param>
    public static SecretVerdict Judge(ReadOnlySpan<byte> shown, byte[]? current, byte[]? previous)
    {
        if (current is null)
        {
            return SecretVerdict.First;
        }

        var hash = SHA256.HashData(shown);
        if (CryptographicOperations.FixedTimeEquals(hash, current))
        {
            return SecretVerdict.Current;
        }

        return previous is not null && CryptographicOperations.FixedTimeEquals(hash, previous) ? SecretVerdict.Previous : SecretVerdict.Stale;
    }
}

/// <summary>What a shown link secret says of who shows it.</summary>
internal enum SecretVerdict
{
    /// <summary>None was ever given.</summary>
    First,

    /// <summary>The one given last.</summary>
    Current,

    /// <summary>The one before: the last answer did not arrive, or was not stored.</summary>
    Previous,

    /// <summary>Older, or none: another holder of the same key has been here since.</summary>
    Stale,
}
