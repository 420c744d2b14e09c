namespace Hanse.Gateway.Hello;

/// <summary>What the first bytes of a client are.</summary>
internal enum HelloVerdict
{
    /// <summary>So far it is one; more bytes are needed.</summary>
    Incomplete,

    /// <summary>A whole ClientHello, with or without a server name.</summary>
    Complete,

    /// <summary>No TLS at all: plain HTTP, SSLv2, garbage.</summary>
    NotTls,

    /// <summary>TLS whose hello breaks the rules of RFC 8446 or RFC 6066.</summary>
    Malformed,

    /// <summary>A hello of more than <see cref="ClientHello.Longest"/> bytes.</summary>
    TooLarge,
}
