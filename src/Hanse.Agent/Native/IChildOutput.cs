namespace Hanse.Agent.Native;

/// <summary>Takes a child's output as it comes. Called from one thread, in order of each stream; must not throw.</summary>
internal interface IChildOutput
{
    void Stdout(ReadOnlySpan<byte> data);

    void Stderr(ReadOnlySpan<byte> data);
}
