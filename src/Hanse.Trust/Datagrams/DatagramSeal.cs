using System.Buffers.Binary;
using System.Security.Cryptography;
using Hanse.Protocol.Datagrams;

namespace Hanse.Trust.Datagrams;

/// <summary>AES-256-GCM over a datagram (G2): the header is the associated data, the nonce is the sequence in its last eight bytes. Since a key id
/// never restarts its sequence and each has a key of its own, no nonce is used twice under one key.</summary>
public static class DatagramSeal
{
    private const int NonceBytes = 12;

    /// <summary>Opens what <see cref="DatagramSealer"/> made. False if the key is another one or a byte was changed; <paramref name="payload"/> then holds
    /// nothing of it. Judges neither replay nor age.</summary>
    /// <param name="key">Of the header's key id.</param>
    /// <param name="header">Read from this very datagram.</param>
    /// <param name="datagram">Whole.</param>
    /// <param name="payload">As long as the content at least: the datagram's length less header and tag.</param>
    public static bool TryOpen(ReadOnlySpan<byte> key, DatagramHeader header, ReadOnlySpan<byte> datagram, Span<byte> payload)
    {
        var content = datagram[DatagramHeader.Bytes..^DatagramHeader.TagBytes];
        Span<byte> nonce = stackalloc byte[NonceBytes];
        WriteNonce(nonce, header.Sequence);
        using var aes = new AesGcm(key, DatagramHeader.TagBytes);
        try
        {
            aes.Decrypt(nonce, content, datagram[^DatagramHeader.TagBytes..], payload[..content.Length], datagram[..DatagramHeader.Bytes]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    internal static void Seal(AesGcm aes, DatagramHeader header, ReadOnlySpan<byte> payload, Span<byte> datagram)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        WriteNonce(nonce, header.Sequence);
        header.Write(datagram);
        var content = datagram.Slice(DatagramHeader.Bytes, payload.Length);
        aes.Encrypt(nonce, payload, content, datagram.Slice(DatagramHeader.Bytes + payload.Length, DatagramHeader.TagBytes), datagram[..DatagramHeader.Bytes]);
    }

    private static void WriteNonce(Span<byte> nonce, ulong sequence)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[^8..], sequence);
    }
}
