using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Hosting;

/// <summary>A certificate of the operator's own (T8), with the real program: browsers see it, links do not, and it is replaced without a restart.</summary>
public sealed class OwnCertificateTests
{
    [Fact]
    public async Task Given_own_files_When_they_are_replaced_Then_the_api_shows_the_new_one_and_links_keep_the_federations()
    {
        using var folder = new TestFolder();
        var (certificate, key) = (folder.File("tls.pem"), folder.File("tls.key"));
        var first = Write(certificate, key);
        await using var server = new RealServer("coordinator:", $"  tlsCertificateFile: {certificate}", $"  tlsKeyFile: {key}");
        await server.StartAsync();

        Assert.Equal(first, await ShownAsync(server, "localhost"));
        Assert.NotEqual(first, await ShownAsync(server, "link.localhost"));

        // A key that others can use is not taken; the one in use stays, and the log says why.
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await Wait.For("the problem to be in the log", async () => await ShownAsync(server, "localhost") == first && server.Process.Output.Contains("chmod 600", StringComparison.Ordinal));

        var second = Write(certificate, key);
        await Wait.For("the new certificate to be shown", async () => await ShownAsync(server, "localhost") == second);
        await server.OnlineAsync();
    }

    private static async Task<string> ShownAsync(RealServer server, string name)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(name);
        return tls.RemoteCertificate!.GetCertHashString();
    }

    private static string Write(string certificateFile, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        File.Delete(keyFile);
        using (var file = new FileStream(keyFile, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        }

        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        return certificate.GetCertHashString();
    }
}
