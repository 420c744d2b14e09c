using System.Net;
using System.Runtime.InteropServices;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay;

namespace Hanse.Bench.Gateway.Load;

/// <summary>What stands behind the relays, one process: a port that sends back what comes, one that swallows it, and some that answer with their letter.</summary>
internal static unsafe class UpstreamLoad
{
    internal const char Echo = 'e';
    internal const char Swallow = 's';
    private const int BufferBytes = 65536;
    private const int SwallowBytes = 1 << 20;

    /// <summary>It wakes for so much, not for each segment: processor time that it does not take is the relay's.</summary>
    private const int SwallowLeast = 1 << 18;
    private const ulong IsListener = 1UL << 62;

    /// <param name="ports">Each as <c>mode:port</c>; a mode that is neither of the two is the letter it answers with.</param>
    internal static void Run(IReadOnlyList<string> ports)
    {
        using var epoll = new Epoll();
        foreach (var port in ports)
        {
            var listener = Listener.Open(new IPEndPoint(IPAddress.Loopback, int.Parse(port.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture)));
            _ = epoll.Control(Linux.ControlAdd, listener, Linux.EventIn, IsListener | ((ulong)port[0] << 32) | (uint)listener);
        }

        LoadVerb.Say("ready");
        var buffer = (byte*)NativeMemory.Alloc(BufferBytes);
        while (true)
        {
            var events = epoll.Wait(1000);
            for (var i = 0; i < events; i++)
            {
                var (data, descriptor) = (epoll.Data(i), (int)epoll.Data(i));
                if ((data & IsListener) != 0)
                {
                    Accept(epoll, descriptor, data & ~IsListener);
                }
                else if (!Answer(descriptor, (byte)(data >> 32), buffer))
                {
                    _ = Linux.Close(descriptor);
                }
            }
        }
    }

    private static void Accept(Epoll epoll, int listener, ulong data)
    {
        while (Linux.Accept(listener, null, null, Linux.CloseOnExec) is >= 0 and var client)
        {
            if ((char)(data >> 32) == Swallow)
            {
                var least = SwallowLeast;
                _ = Linux.SetOption(client, Linux.LevelSocket, Linux.ReceiveLowWater, &least, sizeof(int));
            }

            _ = epoll.Control(Linux.ControlAdd, client, Linux.EventIn, (data & 0xff_0000_0000) | (uint)client);
        }
    }

    /// <summary>False at the end of a connection.</summary>
    private static bool Answer(int client, byte mode, byte* buffer)
    {
        if (mode == Swallow)
        {
            // Dropped in the kernel: no copy.
            return Linux.Receive(client, null, SwallowBytes, Linux.DontWait | Linux.Truncate) > 0;
        }

        var count = Linux.Receive(client, buffer, BufferBytes, Linux.DontWait);
        return count > 0 && (mode == Echo ? Linux.Send(client, buffer, count, Linux.NoSignal) == count : Linux.Send(client, &mode, 1, Linux.NoSignal) == 1);
    }
}
