using System.Runtime.InteropServices;
using Hanse.Gateway.Native;
using Hanse.Protocol.Datagrams;

namespace Hanse.Gateway.Datagrams;

/// <summary>Room for datagrams that one call receives, each with its source and a place for a header before it.</summary>
internal sealed unsafe class ReceiveBatch : IDisposable
{
    internal const int Room = 128;

    /// <summary>More than any datagram of ours, so that what is longer shows.</summary>
    private const int Bytes = 1280;
    private readonly DatagramCalls.Message* _messages = (DatagramCalls.Message*)NativeMemory.AllocZeroed(Room, (nuint)sizeof(DatagramCalls.Message));
    private readonly Linux.IoVector* _vectors = (Linux.IoVector*)NativeMemory.AllocZeroed(Room, (nuint)sizeof(Linux.IoVector));
    private readonly byte* _sources = (byte*)NativeMemory.AllocZeroed(Room, SocketAddress.Size);
    private readonly byte* _headers = (byte*)NativeMemory.AllocZeroed(Room, SourcePrefix.MaxBytes);
    private readonly byte* _buffers = (byte*)NativeMemory.AlignedAlloc(Room * Bytes, 64);

    internal ReceiveBatch()
    {
        for (var i = 0; i < Room; i++)
        {
            _vectors[i] = new Linux.IoVector { Base = _buffers + (i * Bytes), Length = Bytes };
            _messages[i].Header = new Linux.MessageHeader { Name = _sources + (i * SocketAddress.Size), Vectors = _vectors + i, VectorCount = 1 };
        }
    }

    /// <summary>Takes what is there, without waiting; 0 when nothing is.</summary>
    internal int Receive(int socket)
    {
        for (var i = 0; i < Room; i++)
        {
            _messages[i].Header.NameLength = SocketAddress.Size;
        }

        return Math.Max(0, DatagramCalls.Receive(socket, _messages, Room, Linux.DontWait, null));
    }

    internal byte* Datagram(int index) => _buffers + (index * Bytes);

    internal int Length(int index) => (int)_messages[index].Length;

    internal ReadOnlySpan<byte> Source(int index) => new(_sources + (index * SocketAddress.Size), SocketAddress.Size);

    internal byte* Header(int index) => _headers + (index * SourcePrefix.MaxBytes);

    public void Dispose()
    {
        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_sources);
        NativeMemory.Free(_headers);
        NativeMemory.AlignedFree(_buffers);
    }
}
