using System.Net;
using System.Net.Sockets;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>The keys of the index on addresses that cover a network: those of the next longer indexed length, or the one key around it.
/// The lengths are those of the SQL function <c>hosts_networks</c>.</summary>
internal static class NetworkKeys
{
    private const int MostKeys = 1024;

    private static readonly int[] LengthsV4 = [8, 16, 24];
    private static readonly int[] LengthsV6 = [32, 48, 64];

    /// <summary>Null when there would be so many keys that looking at every row is no worse.</summary>
    public static IReadOnlyList<IPNetwork>? Covering(IReadOnlyList<IPNetwork> networks)
    {
        var keys = new HashSet<IPNetwork>();
        foreach (var network in networks)
        {
            var lengths = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? LengthsV4 : LengthsV6;
            var length = Array.Find(lengths, l => l >= network.PrefixLength);
            if (length == 0)
            {
                keys.Add(At(network.BaseAddress.GetAddressBytes(), 0, lengths[^1]));
                continue;
            }

            var more = length - network.PrefixLength;
            if (more > 10 || keys.Count + (1 << more) > MostKeys)
            {
                return null;
            }

            for (var i = 0; i < 1 << more; i++)
            {
                keys.Add(At(network.BaseAddress.GetAddressBytes(), i, length));
            }
        }

        return [.. keys];
    }

    /// <summary>The network of that length whose last bits are those of the address plus <paramref name="offset"/>.</summary>
    private static IPNetwork At(byte[] address, int offset, int length)
    {
        var number = new UInt128(0, 0);
        foreach (var part in address)
        {
            number = (number << 8) | part;
        }

        var hostBits = (address.Length * 8) - length;
        number = ((number >> hostBits) + (uint)offset) << hostBits;
        for (var i = address.Length - 1; i >= 0; i--)
        {
            address[i] = (byte)number;
            number >>= 8;
        }

        return new IPNetwork(new IPAddress(address), length);
    }
}
