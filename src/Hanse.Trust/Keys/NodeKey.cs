using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Hanse.Trust.Keys;

/// <summary>A node's private key, made where it is used and never sent (invariant 8). ECDSA P-256; a root's is P-384 (T2).</summary>
public sealed class NodeKey : IDisposable
{
    private readonly ECDsa _key;

    private NodeKey(ECDsa key) => (_key, Spki) = (key, key.ExportSubjectPublicKeyInfo());

    /// <summary>The public key as DER SubjectPublicKeyInfo.</summary>
    public byte[] Spki { get; }

    public SpkiHash SpkiHash => SpkiHash.OfSpki(Spki);

    public PublicKey PublicKey => PublicKey.CreateFromSubjectPublicKeyInfo(Spki, out _);

    public static NodeKey Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static NodeKey GenerateForRoot() => new(ECDsa.Create(ECCurve.NamedCurves.nistP384));

    /// <summary>Loads the key, or makes and saves one: a join or renewal that is repeated after a crash uses the same key, so
    /// that it gets the same answer (J2).</summary>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    /// <exception cref="CryptographicException">The file holds no EC private key.</exception>
    public static NodeKey LoadOrGenerate(string path)
    {
        if (File.Exists(path))
        {
            return Load(path);
        }

        var key = Generate();
        key.Save(path);
        return key;
    }

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">The file holds no EC private key.</exception>
    public static NodeKey Load(string path) => FromPem(File.ReadAllText(path), path);

    /// <exception cref="CryptographicException">The bytes are no EC private key.</exception>
    public static NodeKey FromPkcs8(ReadOnlySpan<byte> pkcs8)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return new NodeKey(key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Writes PKCS#8 PEM with mode 0600, atomically.</summary>
    /// <exception cref="IOException">The disk or the folder refused.</exception>
    public void Save(string path) => AtomicFile.Write(path, Encoding.ASCII.GetBytes(ToPem() + "\n"));

    /// <summary>The key in the clear: only for sealing (T7) and for the node's own file.</summary>
    public byte[] ToPkcs8() => _key.ExportPkcs8PrivateKey();

    /// <summary>A PKCS#10 request. It carries the public key and proves possession; an issuer takes nothing else from it (T1).</summary>
    public byte[] CreateSigningRequest() =>
        new CertificateRequest(new X500DistinguishedName("CN=Hanse node"), _key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>ECDSA over SHA-256, DER encoded.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data) =>
        _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>A copy of the certificate that holds this key.</summary>
    /// <exception cref="ArgumentException">The certificate is for another key.</exception>
    public X509Certificate2 Attach(X509Certificate2 certificate) => certificate.CopyWithPrivateKey(_key);

    /// <summary>A signer for certificates that this key's own certificate issues.</summary>
    public X509SignatureGenerator CertificateSigner() => X509SignatureGenerator.CreateForECDsa(_key);

    public void Dispose() => _key.Dispose();

    /// <summary>PKCS#8 PEM, in the clear: only for the node's own file.</summary>
    public string ToPem() => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>Finds the private key in a PEM text, which may also hold certificates.</summary>
    /// <exception cref="CryptographicException">There is none; the message names <paramref name="source"/>.</exception>
    public static NodeKey FromPem(string pem, string source)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return new NodeKey(key);
        }
        catch (ArgumentException e)
        {
            key.Dispose();
            throw new CryptographicException($"{source} holds no PKCS#8 private key in PEM form.", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }
}
