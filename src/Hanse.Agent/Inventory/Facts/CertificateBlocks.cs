using System.Security.Cryptography;
using System.Text;

namespace Hanse.Agent.Inventory.Facts;

/// <summary>Finds the certificates in a file's bytes: every PEM block labelled CERTIFICATE, or one DER certificate. Other blocks
/// (keys above all) are passed over undecoded.</summary>
internal static class CertificateBlocks
{
    private const int DerSequence = 0x30;

    internal static IEnumerable<byte[]> Find(byte[] bytes)
    {
        if (bytes.Length > 0 && bytes[0] == DerSequence)
        {
            return [bytes];
        }

        var found = new List<byte[]>();
        ReadOnlySpan<char> text = Encoding.Latin1.GetString(bytes);
        while (PemEncoding.TryFind(text, out var fields))
        {
            if (text[fields.Label] is "CERTIFICATE" or "TRUSTED CERTIFICATE" or "X509 CERTIFICATE")
            {
                found.Add(Convert.FromBase64String(text[fields.Base64Data].ToString()));
            }

            text = text[fields.Location.End..];
        }

        return found;
    }
}
