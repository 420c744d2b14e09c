using Hanse.Agent.Native;

namespace Hanse.Agent.Commands.Processes;

/// <summary>Both streams of a running execution; tells <paramref name="news"/> when there is more.</summary>
internal sealed class OutputFiles(OutputFile stdout, OutputFile stderr, Action news) : IChildOutput, IDisposable
{
    internal OutputFile Out => stdout;

    internal OutputFile Error => stderr;

    public void Stdout(ReadOnlySpan<byte> data)
    {
        stdout.Write(data);
        news();
    }

    public void Stderr(ReadOnlySpan<byte> data)
    {
        stderr.Write(data);
        news();
    }

    public void Dispose()
    {
        stdout.Dispose();
        stderr.Dispose();
    }
}
