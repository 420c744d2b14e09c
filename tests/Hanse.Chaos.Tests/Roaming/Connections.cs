using System.Globalization;
using System.Net;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>The established TCP connections in the network of a process, by the kernel's own lists.</summary>
internal static class Connections
{
    private const string Established = "01";

    /// <summary>None when the process is gone.</summary>
    public static IReadOnlyList<(IPEndPoint Local, IPEndPoint Remote)> Of(int process)
    {
        try
        {
            return
            [
                .. new[] { "tcp", "tcp6" }.SelectMany(list => File.ReadAllLines($"/proc/{process}/net/{list}").Skip(1))
                    .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields[3] == Established)
                    .Select(fields => (EndPoint(fields[1]), EndPoint(fields[2]))),
            ];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>As /proc writes it: an IPv4 address as one number of this machine's order, also at the end of one that is mapped into IPv6.</summary>
    private static IPEndPoint EndPoint(string text)
    {
        var parts = text.Split(':');
        return new(new IPAddress(uint.Parse(parts[0][^8..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)), int.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
