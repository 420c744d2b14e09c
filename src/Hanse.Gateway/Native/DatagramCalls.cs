using System.Runtime.InteropServices;

namespace Hanse.Gateway.Native;

/// <summary>Linux system calls that take many datagrams at once. They may wait, so they have the usual GC transition.</summary>
internal static unsafe partial class DatagramCalls
{
    internal const int Datagram = 2;
    internal const int ReceiveBuffer = 8;
    internal const int ReceiveBufferForce = 33;
    internal const int SendBuffer = 7;
    internal const int SendBufferForce = 32;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Message
    {
        internal Linux.MessageHeader Header;
        internal uint Length;
    }

    /// <summary>As many as are there, at most <paramref name="count"/>; −1 when there is none or the socket has an error.</summary>
    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    internal static partial int Receive(int descriptor, Message* messages, uint count, int flags, void* timeout);

    /// <summary>How many were sent; the next one is what failed.</summary>
    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    internal static partial int Send(int descriptor, Message* messages, uint count, int flags);
}
