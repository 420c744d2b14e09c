namespace Hanse.Agent.Link;

/// <summary>For agents that live no longer than their process.</summary>
public sealed class MemoryLinkSecret : ILinkSecret
{
    public byte[] Value { get; private set; } = [];

    public void Replace(byte[] next) => Value = next;
}
