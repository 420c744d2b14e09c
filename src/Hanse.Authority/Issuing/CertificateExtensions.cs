using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hanse.Protocol.Ids;

namespace Hanse.Authority.Issuing;

/// <summary>Extensions that .NET has no builder for, or whose builder normalises what must stay exact (its URI names gain a slash).</summary>
internal static class CertificateExtensions
{
    private static readonly Asn1Tag Permitted = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Excluded = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag Dns = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag Ip = new(TagClass.ContextSpecific, 7);

    /// <summary>subjectAltName: one URI, the identity (T1), and for servers names and addresses.</summary>
    public static X509Extension AlternativeNames(NodeIdentity identity, IEnumerable<string> dnsNames, IEnumerable<IPAddress> addresses)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, identity.ToString(), Uri);
            foreach (var name in dnsNames)
            {
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name, Dns);
            }

            foreach (var address in addresses)
            {
                writer.WriteOctetString(address.GetAddressBytes(), Ip);
            }
        }

        return new X509Extension("2.5.29.17", writer.Encode(), critical: false);
    }

    /// <summary>
    /// nameConstraints (T2), critical: exactly these URI hosts, DNS names and addresses. A kind without a permitted name would be left
    /// free (measured), so it is excluded as a whole.
    /// </summary>
    public static X509Extension NameConstraints(IReadOnlyCollection<string> uriHosts, IReadOnlyCollection<string> dnsNames, IReadOnlyCollection<IPAddress> addresses)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Permitted))
            {
                WriteAll(writer, uriHosts, dnsNames, [.. addresses.Select(a => WithMask(a.GetAddressBytes(), 0xFF))]);
            }

            if (dnsNames.Count == 0 || addresses.Count == 0)
            {
                using (writer.PushSequence(Excluded))
                {
                    WriteAll(writer, [], dnsNames.Count == 0 ? [""] : [], addresses.Count == 0 ? [new byte[8], new byte[32]] : []);
                }
            }
        }

        return new X509Extension("2.5.29.30", writer.Encode(), critical: true);
    }

    private static void WriteAll(AsnWriter writer, IEnumerable<string> uriHosts, IEnumerable<string> dnsNames, IEnumerable<byte[]> ranges)
    {
        foreach (var host in uriHosts)
        {
            using var _ = writer.PushSequence();
            writer.WriteCharacterString(UniversalTagNumber.IA5String, host, Uri);
        }

        foreach (var name in dnsNames)
        {
            using var _ = writer.PushSequence();
            writer.WriteCharacterString(UniversalTagNumber.IA5String, name, Dns);
        }

        foreach (var range in ranges)
        {
            using var _ = writer.PushSequence();
            writer.WriteOctetString(range, Ip);
        }
    }

    private static byte[] WithMask(byte[] address, byte mask) => [.. address, .. Enumerable.Repeat(mask, address.Length)];
}
