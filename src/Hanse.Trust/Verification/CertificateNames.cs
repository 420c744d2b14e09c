using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Ids;

namespace Hanse.Trust.Verification;

/// <summary>The names a certificate carries.</summary>
public static class CertificateNames
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);

    /// <summary>The identity of T1, from the one URI name. Null if there is none, more than one, or one of another form.
    /// Says nothing of trust.</summary>
    public static NodeIdentity? ReadIdentity(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions[SubjectAlternativeName];
        if (extension is null)
        {
            return null;
        }

        try
        {
            return ReadUris(extension.RawData) is [var uri] && NodeIdentity.TryParse(uri, out var identity) ? identity : null;
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            // Malformed names are no identity.
            return null;
        }
    }

    private static List<string> ReadUris(byte[] extension)
    {
        var uris = new List<string>();
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(Uri))
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, Uri));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return uris;
    }
}
