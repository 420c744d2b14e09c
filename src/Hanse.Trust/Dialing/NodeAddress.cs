using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Hanse.Trust.Dialing;

/// <summary>Where a server listens: <c>host:port</c>, with an IPv6 address in brackets. It only routes; it proves nothing (T1).</summary>
public sealed record NodeAddress(string Host, int Port)
{
    private const int MaxHost = 253;

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out NodeAddress? address)
    {
        address = null;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !int.TryParse(text![(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
        {
            return false;
        }

        var host = text[..colon];
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        host = bracketed ? host[1..^1] : host;
        var kind = host.Length <= MaxHost ? Uri.CheckHostName(host) : UriHostNameType.Unknown;
        var valid = bracketed ? kind == UriHostNameType.IPv6 : kind is UriHostNameType.Dns or UriHostNameType.IPv4;
        address = valid ? new NodeAddress(host, port) : null;
        return valid;
    }

    public EndPoint ToEndPoint() => IPAddress.TryParse(Host, out var ip) ? new IPEndPoint(ip, Port) : new DnsEndPoint(Host, Port);

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
