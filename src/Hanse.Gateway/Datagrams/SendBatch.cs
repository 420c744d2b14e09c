using System.Runtime.InteropServices;
using Hanse.Gateway.Native;

namespace Hanse.Gateway.Datagrams;

/// <summary>Datagrams that wait to be sent by one call, of one address family. They stay where they were received; nothing is copied.</summary>
internal sealed unsafe class SendBatch : IDisposable
{
    private readonly DatagramCalls.Message* _messages;
    private readonly Linux.IoVector* _vectors;
    private readonly Func<int> _open;
    private int _socket = -1;
    private int _count;

    /// <param name="open">Gives a socket that sends to the targets, or -1. Asked when the first is to be sent.</param>
    /// <param name="room">How many may wait.</param>
    internal SendBatch(Func<int> open, int room)
    {
        _messages = (DatagramCalls.Message*)NativeMemory.AllocZeroed((nuint)room, (nuint)sizeof(DatagramCalls.Message));
        _vectors = (Linux.IoVector*)NativeMemory.AllocZeroed((nuint)room * 2, (nuint)sizeof(Linux.IoVector));
        _open = open;
    }

    /// <summary>A header, or none, and a datagram. Both, and the target, must stay until <see cref="Flush"/>.</summary>
    internal void Add(DatagramTarget target, byte* header, int headerLength, byte* datagram, int length)
    {
        var vectors = _vectors + (_count * 2);
        var first = headerLength == 0 ? 1 : 0;
        vectors[0] = new Linux.IoVector { Base = header, Length = (nuint)headerLength };
        vectors[1] = new Linux.IoVector { Base = datagram, Length = (nuint)length };
        _messages[_count++].Header = new Linux.MessageHeader
        {
            Name = target.Address, NameLength = target.Length, Vectors = vectors + first, VectorCount = (nuint)(2 - first),
        };
    }

    /// <summary>Sends what waits; how many the system would not send.</summary>
    internal int Flush()
    {
        if (_count > 0 && _socket < 0 && (_socket = _open()) < 0)
        {
            var lost = _count;
            _count = 0;
            return lost;
        }

        var (at, unsent) = (0, 0);
        while (at < _count)
        {
            var sent = DatagramCalls.Send(_socket, _messages + at, (uint)(_count - at), Linux.NoSignal);
            if (sent > 0)
            {
                at += sent;
            }
            else if (Marshal.GetLastPInvokeError() != Linux.Interrupted)
            {
                // This one: no route to it, or forbidden. The others go on.
                at++;
                unsent++;
            }
        }

        _count = 0;
        return unsent;
    }

    public void Dispose()
    {
        if (_socket >= 0)
        {
            _ = Linux.Close(_socket);
        }

        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
    }
}
