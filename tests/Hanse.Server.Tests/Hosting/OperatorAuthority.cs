using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Hanse.Server.Tests.Hosting;

/// <summary>The certificate authority of an operator, outside the federation: a root, and server certificates under an intermediate.</summary>
internal sealed class OperatorAuthority : IDisposable
{
    private static readonly DateTimeOffset Begin = TimeProvider.System.GetUtcNow().AddDays(-1);
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _issuer;

    public OperatorAuthority()
    {
        _root = Authority("CN=Operator root", _rootKey).CreateSelfSigned(Begin, Begin.AddDays(365));
        using var issuer = Authority("CN=Operator issuing", _issuerKey).Create(_root, Begin, Begin.AddDays(300), RandomNumberGenerator.GetBytes(8));
        _issuer = issuer.CopyWithPrivateKey(_issuerKey);
    }

    /// <summary>What a machine's trust store needs.</summary>
    public string RootPem => _root.ExportCertificatePem();

    /// <summary>Writes a new certificate with its chain, and its key with mode 0600.</summary>
    /// <returns>Its hash, as TLS clients show it.</returns>
    public string Issue(string certificateFile, string keyFile, params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Operator server", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var certificate = request.Create(_issuer, Begin, Begin.AddDays(90), RandomNumberGenerator.GetBytes(8));
        File.Delete(keyFile);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var file = new FileStream(keyFile, options))
        {
            file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        }

        File.WriteAllText(certificateFile, $"{certificate.ExportCertificatePem()}\n{_issuer.ExportCertificatePem()}\n");
        return certificate.GetCertHashString();
    }

    public void Dispose()
    {
        _root.Dispose();
        _issuer.Dispose();
        _rootKey.Dispose();
        _issuerKey.Dispose();
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }
}
