using System.Buffers.Binary;

namespace Hanse.Audit.Checkpoints;

/// <summary>One signature line of a C2SP signed-note: <c>— name base64(key id ‖ seconds ‖ signature)</c>. As in tlog-cosignature the time
/// of signing is part of what is signed; the algorithm is ECDSA P-256 over SHA-256, in DER.</summary>
/// <param name="Signer">The node's identity; it is the key's name.</param>
/// <param name="KeyId">Four bytes that tell keys of one name apart.</param>
/// <param name="Time">When it was signed; whole seconds.</param>
/// <param name="Value">DER.</param>
public sealed record NoteSignature(string Signer, byte[] KeyId, DateTimeOffset Time, byte[] Value)
{
    private const string Dash = "— ";
    private const int KeyIdBytes = 4;
    private const int TimeBytes = 8;
    private const long LastSecond = 253_402_300_799;

    public string ToLine()
    {
        var bytes = new byte[KeyIdBytes + TimeBytes + Value.Length];
        KeyId.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(KeyIdBytes), Time.ToUnixTimeSeconds());
        Value.CopyTo(bytes, KeyIdBytes + TimeBytes);
        return $"{Dash}{Signer} {Convert.ToBase64String(bytes)}";
    }

    public static bool TryParse(string line, out NoteSignature signature)
    {
        signature = null!;
        var parts = line.StartsWith(Dash, StringComparison.Ordinal) ? line[Dash.Length..].Split(' ') : [];
        var bytes = new byte[256];
        if (parts.Length != 2 || parts[0].Length == 0 || !Convert.TryFromBase64String(parts[1], bytes, out var length) || length <= KeyIdBytes + TimeBytes)
        {
            return false;
        }

        var seconds = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(KeyIdBytes));
        if (seconds is < 0 or > LastSecond)
        {
            return false;
        }

        signature = new(parts[0], bytes[..KeyIdBytes], DateTimeOffset.FromUnixTimeSeconds(seconds), bytes[(KeyIdBytes + TimeBytes)..length]);
        return true;
    }
}
