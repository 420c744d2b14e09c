using System.Security.Cryptography;
using Hanse.Protocol.Datagrams;

namespace Hanse.Trust.Datagrams;

/// <summary>The sender's end of one key: gives each datagram the next sequence, from 1 on. It lives no longer than its process, since a key id never restarts
/// its sequence (G2): a process that comes back asks for another key. Not for several threads at once.</summary>
public sealed class DatagramSealer(uint routeId, ulong keyId, ReadOnlySpan<byte> key) : IDisposable
{
    private readonly AesGcm _aes = new(key, DatagramHeader.TagBytes);

    public ulong KeyId => keyId;

    /// <summary>Of the datagram that was sealed last; 0 before the first.</summary>
    public ulong Sequence { get; private set; }

    /// <summary>Seals a content of at most <see cref="DatagramHeader.MaxPayload"/> bytes.</summary>
    /// <returns>The datagram's length.</returns>
    public int Seal(ReadOnlySpan<byte> payload, Span<byte> datagram)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, DatagramHeader.MaxPayload, nameof(payload));
        DatagramSeal.Seal(_aes, new(routeId, keyId, checked(Sequence + 1)), payload, datagram);
        Sequence++;
        return DatagramHeader.Bytes + payload.Length + DatagramHeader.TagBytes;
    }

    public void Dispose() => _aes.Dispose();
}
