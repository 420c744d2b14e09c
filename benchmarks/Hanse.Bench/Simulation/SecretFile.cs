using Hanse.Agent.Link;
using Microsoft.Win32.SafeHandles;

namespace Hanse.Bench.Simulation;

/// <summary>The link secrets of all agents in one file, each in its place: an agent that forgot its secret would look like its own
/// clone (J5). Written through the page cache, not flushed: it outlives the process, and the machine's fall is not what is simulated.</summary>
internal sealed class SecretFile : IDisposable
{
    private const int SlotBytes = 64;
    private readonly SafeFileHandle _file;

    public SecretFile(string path) => _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

    /// <summary>The secret of one agent: empty until its site gave one.</summary>
    public ILinkSecret Of(int number) => new Slot(_file, number);

    public void Dispose() => _file.Dispose();

    private sealed class Slot : ILinkSecret
    {
        private readonly SafeFileHandle _file;
        private readonly long _offset;

        public Slot(SafeFileHandle file, int number)
        {
            (_file, _offset) = (file, (long)number * SlotBytes);
            var slot = new byte[SlotBytes];
            var length = RandomAccess.Read(file, slot, _offset) == SlotBytes ? slot[0] : 0;
            Value = slot[1..(1 + length)];
        }

        public byte[] Value { get; private set; }

        public void Replace(byte[] next)
        {
            var slot = new byte[SlotBytes];
            slot[0] = (byte)next.Length;
            next.CopyTo(slot, 1);
            RandomAccess.Write(_file, slot, _offset);
            Value = next;
        }
    }
}
