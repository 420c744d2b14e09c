using System.Text;

namespace Hanse.Agent.Native;

/// <summary>Keeps a tool's output in memory, up to a bound.</summary>
internal sealed class CappedOutput(int limit) : IChildOutput
{
    private readonly MemoryStream _stdout = new();
    private readonly MemoryStream _stderr = new();

    internal bool Cut { get; private set; }

    internal string Out => Encoding.UTF8.GetString(_stdout.GetBuffer(), 0, (int)_stdout.Length);

    internal string Error => Encoding.UTF8.GetString(_stderr.GetBuffer(), 0, (int)_stderr.Length);

    public void Stdout(ReadOnlySpan<byte> data) => Keep(_stdout, data);

    public void Stderr(ReadOnlySpan<byte> data) => Keep(_stderr, data);

    private void Keep(MemoryStream kept, ReadOnlySpan<byte> data)
    {
        var room = (int)(limit - kept.Length);
        Cut |= data.Length > room;
        kept.Write(data[..Math.Min(room, data.Length)]);
    }
}
