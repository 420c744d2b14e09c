using System.Security.Cryptography;
using Hanse.Protocol.Errors;
using Hanse.Trust.Keys;

namespace Hanse.Authority.Joining;

/// <summary>
/// The life of a site's or gateway's token (J2). Pure. Only hashes are kept: SHA-256(token), under which the row is found, and once redeemed
/// SHA-256(that ‖ SPKI). Redeeming again with the same key is answered as the first time; with another key it is refused and named as
/// used, for the audit. It ends with the node's first link or its expiry.
/// </summary>
public static class JoinTokenMachine
{
    public const int TokenBytes = 32;

    public static byte[] NewToken() => RandomNumberGenerator.GetBytes(TokenBytes);

    /// <summary>What the row is stored and found under.</summary>
    public static byte[] Digest(ReadOnlySpan<byte> token) => SHA256.HashData(token);

    public static JoinTokenState Issue(ReadOnlySpan<byte> token, DateTimeOffset expires) => new(Digest(token), null, expires, Linked: false);

    /// <param name="state">The row found under <see cref="Digest"/>, or null.</param>
    /// <param name="key">The key of the request's CSR.</param>
    /// <param name="now">Judges the expiry.</param>
    public static JoinTokenDecision Redeem(JoinTokenState? state, SpkiHash key, DateTimeOffset now)
    {
        if (state is not null && IsOther(state, key))
        {
            return Used();
        }

        return Judge(state, now) is { } refused ? refused
            : state!.Binding is null ? new JoinTokenDecision.First(state with { Binding = Bind(state.Digest, key) })
            : new JoinTokenDecision.Again(state);
    }

    /// <summary>Why it is refused whoever shows it, or null: as far as can be told without the key.</summary>
    public static JoinTokenDecision.Refused? Judge(JoinTokenState? state, DateTimeOffset now) => state switch
    {
        null => new JoinTokenDecision.Refused(ErrorCodes.TokenUnknown,
            "The token of this join string is not known here: it was withdrawn, or the invitation is of another federation. Ask for a new join string."),
        { Linked: true } => Used(),
        _ when state.Expires <= now => new JoinTokenDecision.Refused(ErrorCodes.TokenExpired, $"This join string expired at {state.Expires:u}. Ask for a new one."),
        _ => null,
    };

    /// <summary>After the node's first link the token answers no more.</summary>
    public static JoinTokenState Link(JoinTokenState state) => state with { Linked = true };

    private static bool IsOther(JoinTokenState state, SpkiHash key) =>
        state.Binding is { } bound && !CryptographicOperations.FixedTimeEquals(bound, Bind(state.Digest, key));

    private static JoinTokenDecision.Refused Used() => new(ErrorCodes.TokenUsed,
        "This join string was already used. If that was not you, tell the administrator; otherwise ask for a new one.");

    private static byte[] Bind(byte[] digest, SpkiHash key) => SHA256.HashData([.. digest, .. key.ToBytes()]);
}

/// <summary>A token as the database holds it.</summary>
/// <param name="Digest">SHA-256 of the token.</param>
/// <param name="Binding">Null until redeemed; then SHA-256(<paramref name="Digest"/> ‖ SPKI hash).</param>
/// <param name="Expires">From then on it is refused.</param>
/// <param name="Linked">The node has had its first link.</param>
public sealed record JoinTokenState(byte[] Digest, byte[]? Binding, DateTimeOffset Expires, bool Linked);

/// <summary>What to do with a token that was shown.</summary>
public abstract record JoinTokenDecision
{
    private JoinTokenDecision()
    {
    }

    /// <summary>Store <paramref name="Next"/> and the certificate in one transaction, then answer.</summary>
    public sealed record First(JoinTokenState Next) : JoinTokenDecision;

    /// <summary>Give the stored answer.</summary>
    public sealed record Again(JoinTokenState State) : JoinTokenDecision;

    /// <summary>Refuse with this code; a used token is audited.</summary>
    public sealed record Refused(string Code, string Message) : JoinTokenDecision;
}
