namespace Hanse.Gateway.Control;

/// <summary>What lies where in a gateway's data folder: no more than G1 allows. Everything in it is the gateway's alone (0700).</summary>
internal sealed class GatewayFolder(string path)
{
    internal const string Default = "/var/lib/hanse-gateway";
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    internal string Root { get; } = Path.GetFullPath(path);

    /// <summary>Key and certificate. Written last at joining: it alone makes the gateway a joined one.</summary>
    internal string Credential => In("credential.pem");

    /// <summary>Roots and the list of bans.</summary>
    internal string Trust => In("trust.bin");

    /// <summary>Where the coordinator is reached, and the gateway's name.</summary>
    internal string Coordinator => In("coordinator.bin");

    /// <summary>The newest snapshot, as it was signed.</summary>
    internal string Routes => In("routes.bin");

    internal string JoinKey => In("join-key.pem");

    internal string RenewalKey => In("renewal-key.pem");

    internal bool HasJoined => File.Exists(Credential);

    internal void Create() => Directory.CreateDirectory(Root, Mode);

    /// <summary>Everything that makes the identity. The credential first: without it nothing else counts, however far this gets.</summary>
    internal void Erase()
    {
        foreach (var file in new[] { Credential, Trust, Coordinator, Routes, JoinKey, RenewalKey })
        {
            File.Delete(file);
        }
    }

    private string In(string name) => Path.Combine(Root, name);
}
