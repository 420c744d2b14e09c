using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hanse.Coordinator.Access.Schemes;

/// <summary>What the Linux kernel says about a Unix socket's peer and a file's owner.</summary>
public static class PeerCredentials
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int AtFdCwd = -100;
    private const uint StatxUid = 0x8;
    private const int StatxSize = 256;
    private const int StatxUidOffset = 20;

    public static bool IsUnix(Socket socket) => socket.AddressFamily == AddressFamily.Unix;

    /// <summary>The uid with which the peer connected (<c>SO_PEERCRED</c>; struct ucred is pid, uid, gid).</summary>
    public static uint UidOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return BitConverter.ToUInt32(credentials[4..]);
    }

    /// <summary>The uid that owns a file or folder.</summary>
    public static uint OwnerOf(string path)
    {
        var buffer = new byte[StatxSize];
        return Statx(AtFdCwd, path, 0, StatxUid, buffer) == 0
            ? BitConverter.ToUInt32(buffer, StatxUidOffset)
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"The owner of {path} cannot be told");
    }

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int Statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] buffer);
}
