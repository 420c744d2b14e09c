namespace Hanse.Authority.Issuing;

/// <summary>Holds the issuer in use, kept in one file; replaced as a whole when the intermediate is renewed or its names change.</summary>
public sealed class CurrentIssuer
{
    private readonly string? _path;
    private volatile LeafIssuer _value;

    private CurrentIssuer(string? path, LeafIssuer value) => (_path, _value) = (path, value);

    public LeafIssuer Value => _value;

    /// <summary>Raised after a swap, on the swapping thread: the node's own certificate is then to be issued anew.</summary>
    public event Action<LeafIssuer>? Swapped;

    /// <summary>Held in memory only.</summary>
    public static CurrentIssuer InMemory(LeafIssuer issuer) => new(null, issuer);

    /// <summary>Saves the issuer and holds it.</summary>
    /// <exception cref="IOException">The disk or the folder refused.</exception>
    public static CurrentIssuer Create(string path, LeafIssuer issuer)
    {
        issuer.Save(path);
        return new CurrentIssuer(path, issuer);
    }

    /// <summary>Null if there is no file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The file is damaged.</exception>
    public static CurrentIssuer? Open(string path, LifetimeOptions lifetimes) =>
        LeafIssuer.TryLoad(path, lifetimes, out var issuer) ? new CurrentIssuer(path, issuer) : null;

    /// <summary>Durable first, then visible.</summary>
    /// <exception cref="IOException">The disk refused; the old issuer stays in use.</exception>
    public void Swap(LeafIssuer next)
    {
        if (_path is not null)
        {
            next.Save(_path);
        }

        _value = next;
        Swapped?.Invoke(next);
    }
}
