using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Agent.Inventory.Facts;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>certificates</c>: X.509 certificates in the usual folders, each once however many links lead to it. Files that
/// hold a private key are read for their certificates alone; a key is never parsed, kept or told.</summary>
internal sealed class CertificatesSource(HostView host) : IInventorySource
{
    private const int MaximumFiles = 5_000;
    private const int MaximumRows = 5_000;
    private const long MaximumBytes = 2 * 1024 * 1024;
    private static readonly string[] Folders =
    [
        "/etc/ssl", "/etc/pki", "/etc/letsencrypt/live", "/etc/nginx", "/etc/apache2", "/etc/httpd", "/etc/haproxy", "/etc/postfix",
        "/etc/dovecot", "/etc/exim4", "/etc/ldap", "/etc/openldap", "/etc/kubernetes/pki", "/etc/cockpit", "/usr/local/share/ca-certificates",
    ];

    private static readonly HashSet<string> Endings = new(StringComparer.OrdinalIgnoreCase) { ".pem", ".crt", ".cer", ".der", ".cert" };

    public string Section => "certificates";

    public Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var rows = new Dictionary<string, CertificateRow>(StringComparer.Ordinal);
        foreach (var path in Files().Take(MaximumFiles))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var row in Read(path))
            {
                if (rows.Count < MaximumRows && !rows.ContainsKey(row.Fingerprint))
                {
                    rows.Add(row.Fingerprint, row);
                }
            }
        }

        return Task.FromResult(SectionJson.Rows(rows.Values, r => $"{r.Path}\n{r.Fingerprint}", (json, row) =>
        {
            json.Text("fingerprint", row.Fingerprint);
            json.Text("issuer", row.Issuer);
            json.Text("notAfter", row.NotAfter);
            json.Text("notBefore", row.NotBefore);
            json.Text("path", row.Path);
            json.Text("serial", row.Serial);
            json.Text("subject", row.Subject);
        }));
    }

    // Real paths in order, so that of several links the same one is always told.
    private IEnumerable<string> Files()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 5, IgnoreInaccessible = true, AttributesToSkip = 0 };
        foreach (var folder in Folders.Select(host.PathOf).Where(Directory.Exists))
        {
            // The hash links of OpenSSL (a94d09e5.0) have no such ending; what they lead to is found by its own name.
            foreach (var path in Directory.EnumerateFiles(folder, "*", options).Where(p => Endings.Contains(Path.GetExtension(p))).Order(StringComparer.Ordinal))
            {
                if (Real(path) is { } real && seen.Add(real))
                {
                    yield return real;
                }
            }
        }
    }

    private static string? Real(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var target = file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
            return target is FileInfo { Exists: true, Length: > 0 and <= MaximumBytes } ? target.FullName : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private IEnumerable<CertificateRow> Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var der in CertificateBlocks.Find(bytes))
        {
            if (Parse(der, host.NameOf(path)) is { } row)
            {
                yield return row;
            }
        }
    }

    private static CertificateRow? Parse(byte[] der, string path)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            return new CertificateRow(
                Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span)),
                certificate.Subject,
                certificate.Issuer,
                Instant(certificate.NotBefore),
                Instant(certificate.NotAfter),
                certificate.SerialNumber.ToLowerInvariant(),
                path);
        }
        catch (CryptographicException)
        {
            // Not a certificate after all: a CRL or parameters under a certificate's ending.
            return null;
        }
    }

    private static string Instant(DateTime value) => value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
