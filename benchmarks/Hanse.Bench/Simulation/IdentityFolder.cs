using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hanse.Trust.Keys;

namespace Hanse.Bench.Simulation;

/// <summary>The keys of all agents: one PEM a number, which holds a key alone while the agent joins, so that a join that was cut off is
/// repeated with the same key and gives the same host (J2), and key, leaf and chain from then on. Not flushed.</summary>
internal sealed class IdentityFolder(string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The joined agent of this number; null if it has not joined.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The file is damaged.</exception>
    public NodeCredential? Find(int number) => TryRead(PathOf(number), out var pem) ? Credential(pem, PathOf(number)) : null;

    /// <summary>The key to join with: the one of a join that was cut off, or a new one, kept before it is used.</summary>
    public NodeKey KeyToJoinWith(int number) => KeyOf(PathOf(number));

    /// <summary>The key to renew with, kept beside the one in use until the new certificate is there.</summary>
    public NodeKey KeyToRenewWith(int number) => KeyOf(PathOf(number) + ".next");

    /// <summary>Keeps a credential and forgets the key it was asked for with.</summary>
    public void Save(int number, NodeKey key, NodeCredential credential)
    {
        var certificates = new StringBuilder(credential.Leaf.ExportCertificatePem()).Append('\n');
        foreach (var certificate in credential.Chain)
        {
            certificates.Append(certificate.ExportCertificatePem()).Append('\n');
        }

        // A file that holds this key alone is added to: a certificate that is cut off there counts as none, and making files anew by the
        // thousand costs more than joining.
        var path = PathOf(number);
        var pem = key.ToPem() + "\n";
        if (TryRead(path, out var held) && held == pem)
        {
            File.AppendAllText(path, certificates.ToString());
        }
        else
        {
            Write(path, pem + certificates);
            File.Delete(path + ".next");
        }
    }

    private string PathOf(int number) => Path.Combine(folder, $"{number:d6}.pem");

    private static NodeCredential? Credential(string pem, string path)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates.Count == 0 ? null : new NodeCredential(NodeKey.FromPem(pem, path), certificates[0], certificates.Skip(1));
    }

    private static NodeKey KeyOf(string path)
    {
        if (TryRead(path, out var pem))
        {
            return NodeKey.FromPem(pem, path);
        }

        var key = NodeKey.Generate();
        Create(path, key.ToPem() + "\n");
        return key;
    }

    private static bool TryRead(string path, [NotNullWhen(true)] out string? text)
    {
        text = File.Exists(path) ? File.ReadAllText(path) : null;
        return text is not null;
    }

    private static void Write(string path, string text)
    {
        var next = path + ".tmp";
        Create(next, text);
        File.Move(next, path, overwrite: true);
    }

    private static void Create(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        file.Write(Encoding.ASCII.GetBytes(text));
    }
}
