using System.Globalization;

namespace Hanse.Agent.Inventory.Facts;

/// <summary>Reads /proc/net/{tcp,tcp6,udp,udp6}: sockets that listen (TCP), or are bound and connected to no one (UDP).</summary>
internal static class SocketTable
{
    private const string TcpListen = "0A";
    private const string UdpUnconnected = "07";

    internal static IEnumerable<ListeningSocket> Parse(string protocol, IEnumerable<string> lines)
    {
        var waiting = protocol.StartsWith("tcp", StringComparison.Ordinal) ? TcpListen : UdpUnconnected;
        foreach (var line in lines.Skip(1))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 10 || parts[3] != waiting || parts[1].Split(':') is not [var address, var port])
            {
                continue;
            }

            yield return new ListeningSocket(
                protocol,
                InterfaceAddress.FromSocketTable(address).ToString(),
                int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                long.Parse(parts[7], CultureInfo.InvariantCulture),
                parts[9]);
        }
    }
}
