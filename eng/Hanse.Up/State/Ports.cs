using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Hanse.Up.State;

/// <summary>Chooses free ports on loopback, once. They lie below the range from which the kernel takes ports for outgoing connections, so that
/// one is still free when its server comes back; where the search begins depends on the data folder, so that two checkouts seldom meet.</summary>
internal static class Ports
{
    private const int First = 17_000;
    private const int Count = 15_000;

    /// <summary>The ports that are known, and one for each name that has none.</summary>
    public static IReadOnlyDictionary<string, int> Complete(IReadOnlyDictionary<string, int> known, IEnumerable<string> names, string data)
    {
        var ports = new Dictionary<string, int>(known, StringComparer.Ordinal);
        var listening = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(e => e.Port).ToHashSet();
        var next = (int)(BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(data))) % Count);
        foreach (var name in names.Where(n => !ports.ContainsKey(n)))
        {
            var tried = 0;
            int port;
            do
            {
                port = First + (next++ % Count);
                if (++tried > Count)
                {
                    throw new UpException($"no port from {First} to {First + Count} on 127.0.0.1 is free.");
                }
            }
            while (ports.ContainsValue(port) || listening.Contains(port) || !CanListen(port));
            ports[name] = port;
        }

        return ports;
    }

    public static bool CanListen(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
