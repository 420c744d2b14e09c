using System.Globalization;
using System.Security.Cryptography;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>Looks for private keys where they should not be: in the memory of a process and in files. A key is looked for as its number, in both orders of bytes
/// (OpenSSL keeps it in the other one), and as the lines of its PEM.</summary>
internal sealed class KeySearch
{
    private const int Chunk = 1 << 20;
    private const int Page = 4096;

    /// <summary>What the kernel lends to every process.</summary>
    private static readonly string[] Kernels = ["[vvar]", "[vvar_vclock]", "[vsyscall]"];

    private readonly List<byte[]> _needles = [];
    private readonly int _longest;

    private KeySearch(IEnumerable<string> pemFiles)
    {
        foreach (var pem in pemFiles.Select(File.ReadAllText))
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            var number = key.ExportParameters(includePrivateParameters: true).D!;
            _needles.Add(number);
            _needles.Add([.. number.Reverse()]);
            var found = PemEncoding.Find(pem);
            _needles.AddRange(pem[found.Base64Data].Split('\n').Select(l => l.Trim()).Where(l => l.Length >= 48).Select(System.Text.Encoding.ASCII.GetBytes));
        }

        _longest = _needles.Max(n => n.Length);
    }

    /// <summary>Of the keys in these PEM files, each of which begins with its key.</summary>
    public static KeySearch Of(params string[] pemFiles) => new(pemFiles);

    /// <summary>How many places of the process's readable memory hold one of the keys, and how much was read.</summary>
    public (int Found, long Bytes) InMemory(int process)
    {
        using var memory = File.OpenHandle($"/proc/{process}/mem");
        var buffer = new byte[Chunk + _longest];
        var (found, bytes) = (0, 0L);
        foreach (var (begin, end) in Readable(process))
        {
            for (var at = begin; at < end;)
            {
                var wanted = (int)Math.Min(buffer.Length, end - at);
                var count = Read(memory, buffer.AsSpan(0, wanted), at);
                found += Count(buffer.AsSpan(0, count));
                // A page that cannot be read ends what could be across it; otherwise pieces overlap.
                var step = count == 0 ? Page : count < wanted || at + count == end ? count : Chunk;
                (at, bytes) = (at + step, bytes + (count == 0 ? 0 : step));
            }
        }

        return (found, bytes);
    }

    /// <summary>The files below a folder that hold one of the keys.</summary>
    public IReadOnlyList<string> InFiles(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device })
            .Where(f => Count(ReadFile(f)) > 0)];

    private int Count(ReadOnlySpan<byte> bytes)
    {
        var found = 0;
        foreach (var needle in _needles)
        {
            found += bytes.IndexOf(needle) >= 0 ? 1 : 0;
        }

        return found;
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (IOException)
        {
            // A socket, or gone meanwhile.
            return [];
        }
    }

    private static IEnumerable<(long Begin, long End)> Readable(int process)
    {
        foreach (var line in File.ReadAllLines($"/proc/{process}/maps"))
        {
            var fields = line.Split(' ', 3);
            if (fields[1].StartsWith('r') && !Array.Exists(Kernels, k => line.EndsWith(k, StringComparison.Ordinal)))
            {
                var range = fields[0].Split('-');
                yield return (long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>What there is; a part that was given back meanwhile is nothing.</summary>
    private static int Read(Microsoft.Win32.SafeHandles.SafeFileHandle memory, Span<byte> into, long at)
    {
        try
        {
            return RandomAccess.Read(memory, into, at);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
