using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Hanse.Server.Configuration;

/// <summary>An address to listen on: an IP address (IPv6 in brackets), <c>localhost</c> or <c>*</c>, and a port; port 0 takes a free one.</summary>
public sealed record ListenAddress(string Host, int Port)
{
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address)
    {
        address = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535)
        {
            return false;
        }

        var host = text[..colon];
        var known = host is "*" or "localhost"
            || (host.StartsWith('[') && host.EndsWith(']') && IPAddress.TryParse(host[1..^1], out _))
            || (!host.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(host, out _));
        address = known ? new(host, port) : null;
        return known;
    }

    /// <summary>The address to bind; <c>*</c> is every address of both families.</summary>
    public IPAddress Address => Host switch
    {
        "*" => IPAddress.IPv6Any,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.Parse(Host.Trim('[', ']')),
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
