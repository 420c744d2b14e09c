using System.Runtime.InteropServices;
using System.Text;

namespace Hanse.Agent.Native;

/// <summary>A null-terminated array of C strings (argv, envp), freed on dispose.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int _count;
    private byte** _pointers;

    internal NativeStrings(IReadOnlyList<string> values)
    {
        _count = values.Count;
        _pointers = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < _count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(values[i]);
            if (bytes.AsSpan().Contains((byte)0))
            {
                Dispose();
                throw new ArgumentException("A program argument cannot hold a NUL character.", nameof(values));
            }

            _pointers[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(_pointers[i], bytes.Length));
        }
    }

    internal byte** Pointers => _pointers;

    public void Dispose()
    {
        if (_pointers == null)
        {
            return;
        }

        for (var i = 0; i < _count; i++)
        {
            NativeMemory.Free(_pointers[i]);
        }

        NativeMemory.Free(_pointers);
        _pointers = null;
    }
}
