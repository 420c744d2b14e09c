using System.Runtime.InteropServices;
using System.Text;
using Hanse.Agent.Native;

namespace Hanse.Agent.Metrics.Readings;

/// <summary>Reads small files into one buffer that all readings share: a text is gone with the next read. Not for several threads.</summary>
internal sealed unsafe class ProcFiles(string root)
{
    private const int CloseOnExec = 0x80000; // O_RDONLY | O_CLOEXEC

    // /proc/net/dev of a host with hundreds of interfaces, /proc/stat of one with hundreds of processors.
    private const int Largest = 256 * 1024;
    private readonly string _root = root.TrimEnd('/');
    private byte[] _buffer = new byte[16 * 1024];

    /// <summary>The file's bytes; empty where it is missing or may not be read.</summary>
    internal ReadOnlySpan<byte> Read(string path)
    {
        Span<byte> name = stackalloc byte[512];
        if (!Encoding.UTF8.TryGetBytes(_root, name, out var head) || !Encoding.UTF8.TryGetBytes(path, name[head..^1], out var tail))
        {
            return [];
        }

        name[head + tail] = 0;
        return Read(name);
    }

    /// <summary>A file of a process: <paramref name="file"/> begins with a slash.</summary>
    internal ReadOnlySpan<byte> ReadOf(int pid, scoped ReadOnlySpan<byte> file)
    {
        Span<byte> name = stackalloc byte[512];
        if (!Encoding.UTF8.TryGetBytes(_root, name, out var at))
        {
            return [];
        }

        "/proc/"u8.CopyTo(name[at..]);
        at += 6;
        _ = pid.TryFormat(name[at..], out var digits);
        file.CopyTo(name[(at + digits)..]);
        name[at + digits + file.Length] = 0;
        return Read(name);
    }

    /// <summary>The numbers of the processes there are. Makes no text of any.</summary>
    internal IEnumerable<int> Processes() =>
        new System.IO.Enumeration.FileSystemEnumerable<int>(_root + "/proc", static (ref entry) => int.Parse(entry.FileName), Shallow)
        {
            ShouldIncludePredicate = static (ref entry) => entry.FileName[0] is >= '1' and <= '9' && int.TryParse(entry.FileName, out _),
        };

    private static readonly EnumerationOptions Shallow = new() { AttributesToSkip = 0, IgnoreInaccessible = true };

    private ReadOnlySpan<byte> Read(scoped ReadOnlySpan<byte> nulEnded)
    {
        int descriptor;
        fixed (byte* path = nulEnded)
        {
            descriptor = Libc.OpenFile(path, CloseOnExec);
        }

        if (descriptor < 0)
        {
            return [];
        }

        try
        {
            return ReadAll(descriptor);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private ReadOnlySpan<byte> ReadAll(int descriptor)
    {
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length)
            {
                if (length >= Largest)
                {
                    return _buffer;
                }

                Array.Resize(ref _buffer, length * 2);
            }

            nint read;
            fixed (byte* to = &_buffer[length])
            {
                read = Libc.Read(descriptor, to, _buffer.Length - length);
            }

            if (read < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted)
            {
                continue;
            }

            if (read <= 0)
            {
                return _buffer.AsSpan(0, read < 0 ? 0 : length); // a process that ended meanwhile has no text
            }

            length += (int)read;
        }
    }
}
