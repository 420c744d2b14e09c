using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hanse.Gateway.Datagrams;

/// <summary>Stands for a source address (G2): the same one has the same pseudonym as long as this process lives, and nobody can go back from it, since the salt
/// is in memory alone and ends with the process. It has the form of an address that is nobody's (fd00::/8).</summary>
internal sealed class Pseudonyms
{
    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(32);

    internal UInt128 Of(in FlowKey key)
    {
        Span<byte> source = stackalloc byte[16];
        Span<byte> digest = stackalloc byte[32];
        BinaryPrimitives.WriteUInt64BigEndian(source, key.High);
        BinaryPrimitives.WriteUInt64BigEndian(source[8..], key.Low);
        HMACSHA256.HashData(_salt, source, digest);
        digest[0] = 0xfd;
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
