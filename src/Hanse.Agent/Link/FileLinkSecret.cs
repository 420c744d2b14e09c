using Hanse.Trust.Keys;

namespace Hanse.Agent.Link;

/// <summary>Kept in a file of mode 0600, replaced as a whole and durable before the link is used: an agent that forgot its last secret
/// would look like its own clone (J5).</summary>
internal sealed class FileLinkSecret(string path) : ILinkSecret
{
    public byte[] Value { get; private set; } = File.Exists(path) ? File.ReadAllBytes(path) : [];

    public void Replace(byte[] next)
    {
        AtomicFile.Write(path, next);
        Value = next;
    }
}
