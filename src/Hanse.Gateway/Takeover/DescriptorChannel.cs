using System.Runtime.InteropServices;
using System.Text;
using Hanse.Gateway.Native;

namespace Hanse.Gateway.Takeover;

/// <summary>A Unix socket of whole messages, each with bytes and descriptors: how a running gateway gives its sockets to the next one.</summary>
/// <remarks>Blocking, with a time limit on each message. Only the same account, or root, may be at the other end.</remarks>
internal sealed unsafe class DescriptorChannel : IDisposable
{
    /// <summary>What Linux passes in one message (<c>SCM_MAX_FD</c>).</summary>
    internal const int MostDescriptors = 253;

    internal const int LongestMessage = 96 * 1024;

    private const int SequencedPackets = 5;
    private const int ReceiveTime = 20;
    private const int SendTime = 21;
    private const int LongestPath = 107;
    private readonly int _socket;

    private DescriptorChannel(int socket, TimeSpan patience)
    {
        _socket = socket;
        var time = stackalloc long[2] { (long)patience.TotalSeconds, patience.Milliseconds * 1000L };
        _ = Linux.SetOption(socket, Linux.LevelSocket, ReceiveTime, time, 16);
        _ = Linux.SetOption(socket, Linux.LevelSocket, SendTime, time, 16);
    }

    /// <summary>Listens at a path that only this account can reach; a socket left there by a dead process is replaced.</summary>
    /// <exception cref="IOException">The path cannot be had.</exception>
    internal static int Listen(string path)
    {
        File.Delete(path);
        var socket = Linux.Socket(Linux.FamilyUnix, SequencedPackets | Linux.CloseOnExec, 0);
        var address = PathAddress(path);
        fixed (byte* place = address)
        {
            if (Linux.Bind(socket, place, (uint)address.Length) != 0)
            {
                throw Failure($"Cannot open {path}", socket);
            }

            // Nobody can connect before it listens, and then only the owner.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            if (Linux.Listen(socket, 4) != 0)
            {
                throw Failure($"Cannot listen at {path}", socket);
            }
        }

        return socket;
    }

    /// <summary>The next one that connects; null when the listener was closed or the caller is another account.</summary>
    internal static DescriptorChannel? Accept(int listener, TimeSpan patience)
    {
        var socket = Linux.AcceptWaiting(listener, null, null, Linux.CloseOnExec);
        if (socket < 0)
        {
            return null;
        }

        Linux.Credentials peer;
        var length = (uint)sizeof(Linux.Credentials);
        if (Linux.GetOption(socket, Linux.LevelSocket, Linux.PeerCredentials, &peer, &length) == 0 && (peer.User == 0 || peer.User == Linux.EffectiveUser()))
        {
            return new DescriptorChannel(socket, patience);
        }

        _ = Linux.Close(socket);
        return null;
    }

    /// <summary>A channel to the one that listens at a path; null when nobody does.</summary>
    /// <exception cref="IOException">Somebody is there that is neither this account nor root.</exception>
    internal static DescriptorChannel? Connect(string path, TimeSpan patience)
    {
        var socket = Linux.Socket(Linux.FamilyUnix, SequencedPackets | Linux.CloseOnExec, 0);
        var address = PathAddress(path);
        fixed (byte* place = address)
        {
            if (Linux.Connect(socket, place, (uint)address.Length) != 0)
            {
                _ = Linux.Close(socket);
                return null;
            }
        }

        Linux.Credentials peer;
        var length = (uint)sizeof(Linux.Credentials);
        if (Linux.GetOption(socket, Linux.LevelSocket, Linux.PeerCredentials, &peer, &length) != 0 || (peer.User != 0 && peer.User != Linux.EffectiveUser()))
        {
            _ = Linux.Close(socket);
            throw new IOException($"{path} belongs to another account; nothing is taken from it.");
        }

        return new DescriptorChannel(socket, patience);
    }

    /// <summary>False when the other end is gone or does not read in time.</summary>
    internal bool Send(ReadOnlySpan<byte> message, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MostDescriptors);
        var control = stackalloc byte[ControlSize];
        fixed (byte* bytes = message)
        {
            var vector = new Linux.IoVector { Base = bytes, Length = (nuint)message.Length };
            var header = new Linux.MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (descriptors.Length > 0)
            {
                header.Control = control;
                header.ControlLength = (nuint)(16 + (4 * descriptors.Length) + 7) & ~(nuint)7;
                *(ulong*)control = 16 + (4 * (ulong)descriptors.Length);
                ((int*)control)[2] = Linux.LevelSocket;
                ((int*)control)[3] = Linux.PassRights;
                descriptors.CopyTo(new Span<int>(control + 16, descriptors.Length));
            }

            return Linux.SendMessage(_socket, &header, Linux.NoSignal) == message.Length;
        }
    }

    /// <summary>The next message; null when the other end is gone, silent for too long, or says something that cannot be.</summary>
    internal (byte[] Message, int[] Descriptors)? Receive()
    {
        var control = stackalloc byte[ControlSize];
        var buffer = new byte[LongestMessage];
        fixed (byte* bytes = buffer)
        {
            var vector = new Linux.IoVector { Base = bytes, Length = LongestMessage };
            var header = new Linux.MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlSize };
            var count = Linux.ReceiveMessage(_socket, &header, Linux.MessageCloseOnExec);
            int[] descriptors = count > 0 && header.ControlLength >= 16 && ((int*)control)[3] == Linux.PassRights
                ? new ReadOnlySpan<int>(control + 16, (int)((*(ulong*)control - 16) / 4)).ToArray()
                : [];
            // Cut off: neither bytes nor descriptors can be trusted.
            if (count <= 0 || (header.Flags & 0x28) != 0)
            {
                CloseAll(descriptors);
                return null;
            }

            return (buffer[..(int)count], descriptors);
        }
    }

    /// <summary>Ends the talk for the other side at once; what it said before can still be received.</summary>
    internal void Shut() => _ = Linux.Shutdown(_socket, 2);

    internal static void CloseAll(IEnumerable<int> descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            _ = Linux.Close(descriptor);
        }
    }

    public void Dispose() => _ = Linux.Close(_socket);

    private const int ControlSize = 16 + (4 * (MostDescriptors + 3));

    private static byte[] PathAddress(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        return bytes.Length <= LongestPath ? [Linux.FamilyUnix, 0, .. bytes, 0] : throw new IOException($"{path} is longer than the {LongestPath} bytes a socket's path may have.");
    }

    private static IOException Failure(string what, int socket)
    {
        var reason = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        _ = Linux.Close(socket);
        return new IOException($"{what}: {reason}.");
    }
}
