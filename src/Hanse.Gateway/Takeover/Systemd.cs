using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hanse.Gateway.Takeover;

/// <summary>Tells systemd that this process is the service now (<c>Type=notify</c>, <c>NotifyAccess=all</c>); does nothing where systemd did not start it.</summary>
internal static class Systemd
{
    internal static void Ready()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
        {
            return;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var place = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        socket.SendTo(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"MAINPID={Environment.ProcessId}\nREADY=1")), place);
    }
}
