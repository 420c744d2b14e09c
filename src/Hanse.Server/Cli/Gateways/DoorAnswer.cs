namespace Hanse.Server.Cli.Gateways;

/// <summary>The first thing that came back after a ClientHello: whoever it is from has read the server name.</summary>
internal enum FirstWord
{
    /// <summary>A TLS handshake record: a server went on.</summary>
    ServerHello,

    /// <summary>A TLS alert.</summary>
    Alert,

    /// <summary>Bytes that are no TLS.</summary>
    NotTls,

    /// <summary>The end of the connection.</summary>
    End,

    Reset,

    /// <summary>Nothing, for as long as the asker was patient.</summary>
    Silence,
}

/// <param name="Word">What came first.</param>
/// <param name="Alert">The alert's number, where it was one.</param>
/// <param name="Text">The first bytes as text, where it was no TLS.</param>
internal sealed record DoorAnswer(FirstWord Word, int Alert = 0, string Text = "")
{
    private const byte AlertRecord = 21;
    private const byte HandshakeRecord = 22;

    /// <summary>Reads the first bytes of a connection; null while there are none.</summary>
    public static DoorAnswer? Of(ReadOnlySpan<byte> first) => first switch
    {
        [] => null,
        [HandshakeRecord, 3, ..] => new(FirstWord.ServerHello),
        [AlertRecord, 3, _, _, _, _, var alert, ..] => new(FirstWord.Alert, alert),
        _ => new(FirstWord.NotTls, Text: string.Concat(first.ToArray().Select(b => b is >= 0x20 and < 0x7f ? (char)b : '.'))),
    };
}
