using System.Net;

namespace Hanse.Agent.Inventory.Facts;

/// <summary>Addresses as the kernel's tables in /proc/net write them.</summary>
internal static class InterfaceAddress
{
    /// <summary>32 digits in network order (if_inet6).</summary>
    internal static IPAddress FromHex(string hex) => new(Convert.FromHexString(hex));

    /// <summary>8 or 32 digits, each group of eight in the byte order of the machine (tcp, tcp6).</summary>
    internal static IPAddress FromSocketTable(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        if (BitConverter.IsLittleEndian)
        {
            for (var i = 0; i < bytes.Length; i += 4)
            {
                bytes.AsSpan(i, 4).Reverse();
            }
        }

        return new IPAddress(bytes);
    }
}
