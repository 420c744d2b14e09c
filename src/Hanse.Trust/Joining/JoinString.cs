using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Joining;

/// <summary>
/// Writing and reading of the join string (J1): <c>hanse1:</c> + base64url(length ‖ ticket ‖ checksum). The length (two bytes) tells a
/// missing end from a mistyped character; the checksum is the first four bytes of SHA-256 over what precedes it. The reader takes white
/// space, line breaks and quotes from copying; it never throws on any input.
/// </summary>
public static class JoinString
{
    public const string Prefix = "hanse1:";

    private const int MaxCharacters = 8192;
    private const int LengthBytes = 2;
    private const int ChecksumBytes = 4;
    /// <summary>A join string names at most so many addresses.</summary>
    public const int MaxAddresses = 16;
    private const int MaxPins = 8;

    public static string Write(JoinInvitation invitation)
    {
        var ticket = new JoinTicket
        {
            FederationId = invitation.Federation.ToWire(),
            Kind = invitation.Kind,
            ServerName = invitation.ServerName,
            Secret = ByteString.CopyFrom(invitation.Secret),
            ExpiresUnixS = invitation.Expires.ToUnixTimeSeconds(),
        };
        ticket.Addresses.AddRange(invitation.Addresses.Select(a => a.ToString()));
        ticket.RootPins.AddRange(invitation.RootPins.Select(p => ByteString.CopyFrom(p.ToBytes())));
        var body = ticket.ToByteArray();
        var bytes = new byte[LengthBytes + body.Length + ChecksumBytes];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, checked((ushort)body.Length));
        body.CopyTo(bytes.AsSpan(LengthBytes));
        Checksum(bytes.AsSpan(0, LengthBytes + body.Length)).CopyTo(bytes.AsSpan(LengthBytes + body.Length));
        return Prefix + Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads what a person pasted.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="wanted">What this node is to become.</param>
    /// <param name="now">Judges the expiry.</param>
    public static JoinStringOutcome Parse(string? text, NodeKind wanted, DateTimeOffset now)
    {
        var clean = Clean(text);
        if (!clean.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return IsNewer(clean) ? new JoinStringOutcome.Newer() : new JoinStringOutcome.Unrecognized();
        }

        var (ticket, damage) = Decode(clean[Prefix.Length..]);
        if (ticket is null)
        {
            return damage!;
        }

        if (ticket.Kind != wanted && Enum.IsDefined(ticket.Kind) && ticket.Kind != NodeKind.Unspecified)
        {
            return new JoinStringOutcome.WrongKind(ticket.Kind, wanted);
        }

        return ToInvitation(ticket) is not { } invitation
            ? new JoinStringOutcome.Mistyped("its content makes no sense")
            : invitation.Expires <= now ? new JoinStringOutcome.Expired(invitation) : new JoinStringOutcome.Read(invitation);
    }

    private static string Clean(string? text)
    {
        var kept = new StringBuilder();
        foreach (var c in text ?? "")
        {
            // Zero-width characters and byte order marks come along when a text is copied from a web page.
            if (!char.IsWhiteSpace(c) && c is not ('"' or '\'' or '`' or '\u200b' or '\ufeff') && kept.Length <= MaxCharacters)
            {
                kept.Append(c);
            }
        }

        return kept.ToString();
    }

    private static bool IsNewer(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return text.StartsWith("hanse", StringComparison.OrdinalIgnoreCase) && colon is > 5 and < 9
            && text[5..colon].All(char.IsAsciiDigit) && int.Parse(text[5..colon], null) > 1;
    }

    private static (JoinTicket?, JoinStringOutcome?) Decode(string body)
    {
        if (body.Length > MaxCharacters)
        {
            return (null, new JoinStringOutcome.Mistyped("it is too long"));
        }

        var bad = body.AsSpan().IndexOfAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
        if (bad >= 0)
        {
            return (null, new JoinStringOutcome.Mistyped($"character {Prefix.Length + bad + 1} cannot occur in one"));
        }

        // A cut can leave a last group of one character, which is no base64: drop it to see how much is there.
        var whole = body.Length % 4 == 1 ? body[..^1] : body;
        var bytes = DecodeLenient(whole);
        var expected = bytes.Length < LengthBytes ? int.MaxValue : LengthBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes) + ChecksumBytes;
        if (bytes.Length < expected)
        {
            return (null, new JoinStringOutcome.Truncated(Missing(expected, body.Length)));
        }

        if (bytes.Length > expected || whole.Length != body.Length)
        {
            return (null, new JoinStringOutcome.Mistyped("it has characters too many, or its first ones are wrong"));
        }

        // Comparing the text too: the spare bits of the last character must not vary unseen.
        return Checksum(bytes.AsSpan(0, expected - ChecksumBytes)).SequenceEqual(bytes.AsSpan(expected - ChecksumBytes)) && Base64Url.EncodeToString(bytes) == body
            ? ParseTicket(bytes.AsSpan(LengthBytes, expected - LengthBytes - ChecksumBytes))
            : (null, new JoinStringOutcome.Mistyped("its checksum does not fit"));
    }

    /// <summary>Base64url without regard to spare bits in the last character, which a cut leaves set.</summary>
    private static byte[] DecodeLenient(string text)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var bytes = new byte[text.Length * 3 / 4];
        var (bits, count, at) = (0, 0, 0);
        foreach (var c in text)
        {
            bits = ((bits << 6) | alphabet.IndexOf(c, StringComparison.Ordinal)) & 0xFFFF;
            count += 6;
            if (count >= 8)
            {
                count -= 8;
                bytes[at++] = (byte)(bits >> count);
            }
        }

        return bytes;
    }

    private static int Missing(int expectedBytes, int characters) =>
        expectedBytes == int.MaxValue ? 1 : Math.Max(1, ((expectedBytes * 4) + 2) / 3 - characters);

    private static (JoinTicket?, JoinStringOutcome?) ParseTicket(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return (JoinTicket.Parser.ParseFrom(bytes), null);
        }
        catch (InvalidProtocolBufferException)
        {
            return (null, new JoinStringOutcome.Mistyped("its content cannot be read"));
        }
    }

    private static JoinInvitation? ToInvitation(JoinTicket ticket)
    {
        var addresses = ticket.Addresses.Select(a => NodeAddress.TryParse(a, out var address) ? address : null).ToList();
        var pins = ticket.RootPins.Where(p => p.Length == SHA256.HashSizeInBytes).ToList();
        if (ticket.FederationId.Length != 16 || ticket.Secret.Length != JoinInvitation.SecretBytes
            || addresses.Count is 0 or > MaxAddresses || addresses.Contains(null)
            || pins.Count > MaxPins || (pins.Count == 0 && ticket.Kind != NodeKind.Agent) || pins.Count != ticket.RootPins.Count
            || Uri.CheckHostName(ticket.ServerName) != UriHostNameType.Dns
            || ticket.ExpiresUnixS is < 0 or > 253402300799)
        {
            return null;
        }

        return new JoinInvitation
        {
            Federation = FederationId.FromBytes(ticket.FederationId.Span),
            Kind = ticket.Kind,
            Addresses = [.. addresses!],
            ServerName = ticket.ServerName,
            RootPins = [.. pins.Select(p => SpkiHash.TryFromBytes(p.Span, out var hash) ? hash : default)],
            Secret = ticket.Secret.ToByteArray(),
            Expires = DateTimeOffset.FromUnixTimeSeconds(ticket.ExpiresUnixS),
        };
    }

    private static ReadOnlySpan<byte> Checksum(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes).AsSpan(0, ChecksumBytes);
}
