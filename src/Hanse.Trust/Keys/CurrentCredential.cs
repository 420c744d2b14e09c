using System.Diagnostics.CodeAnalysis;

namespace Hanse.Trust.Keys;

/// <summary>Holds the credential in use, kept in one file. Every new connection asks here, so that a renewal reaches all of them
/// without a restart; running connections keep what they began with.</summary>
public sealed class CurrentCredential
{
    private readonly string? _path;
    private volatile NodeCredential _value;

    private CurrentCredential(string? path, NodeCredential value) => (_path, _value) = (path, value);

    public NodeCredential Value => _value;

    /// <summary>Raised after a swap, on the swapping thread.</summary>
    public event Action<NodeCredential>? Swapped;

    /// <summary>Held in memory only.</summary>
    public static CurrentCredential InMemory(NodeCredential credential) => new(null, credential);

    /// <summary>Saves the credential and holds it.</summary>
    /// <exception cref="IOException">The disk or the folder refused.</exception>
    public static CurrentCredential Create(string path, NodeCredential credential)
    {
        credential.Save(path);
        return new CurrentCredential(path, credential);
    }

    /// <summary>False if there is no file: the node has not joined.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The file is damaged.</exception>
    public static bool TryOpen(string path, [NotNullWhen(true)] out CurrentCredential? current)
    {
        current = NodeCredential.TryLoad(path, out var credential) ? new CurrentCredential(path, credential) : null;
        return current is not null;
    }

    /// <summary>Durable first, then visible: after a crash the node comes back with the old credential or the new, both valid.</summary>
    /// <exception cref="IOException">The disk refused; the old credential stays in use.</exception>
    public void Swap(NodeCredential next)
    {
        if (_path is not null)
        {
            next.Save(_path);
        }

        _value = next;
        Swapped?.Invoke(next);
    }
}
