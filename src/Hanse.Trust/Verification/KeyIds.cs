using System.Security.Cryptography.X509Certificates;

namespace Hanse.Trust.Verification;

/// <summary>Key identifiers, by which a certificate finds its issuer.</summary>
internal static class KeyIds
{
    public static string? Subject(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifier;

    public static string? Authority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier is { } id
            ? Convert.ToHexString(id.Span)
            : null;
}
