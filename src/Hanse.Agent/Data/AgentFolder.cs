namespace Hanse.Agent.Data;

/// <summary>What lies where in an agent's data folder. Everything in it is the agent's alone (0700).</summary>
internal sealed class AgentFolder(string path)
{
    internal const string Default = "/var/lib/hanse-agent";

    internal string Root { get; } = System.IO.Path.GetFullPath(path);

    internal string Credential => In("credential.pem");

    internal string Trust => In("trust.bin");

    internal string Site => In("site.json");

    internal string Paths => In("paths.json");

    internal string LinkSecret => In("link-secret");

    internal string JoinKey => In("join-key.pem");

    internal string RenewalKey => In("renewal-key.pem");

    internal string Status => In("status.json");

    internal string Lock => In("lock");

    internal string Executions => In("executions");

    internal bool HasJoined => File.Exists(Credential);

    /// <summary>Everything that makes the identity and its history; the lock stays.</summary>
    internal void Erase()
    {
        // The credential first: without it nothing else counts, however far this gets.
        foreach (var file in new[] { Credential, LinkSecret, Trust, Site, Paths, JoinKey, RenewalKey, Status })
        {
            File.Delete(file);
        }

        if (Directory.Exists(Executions))
        {
            Directory.Delete(Executions, recursive: true);
        }

        DurableFolder.Sync(Root);
    }

    private string In(string name) => System.IO.Path.Combine(Root, name);
}
