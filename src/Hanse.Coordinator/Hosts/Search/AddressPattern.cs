using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>An address to look for: exact, a network, or the beginning of its text. All three are a list of networks.</summary>
internal sealed class AddressPattern
{
    private AddressPattern(IReadOnlyList<IPNetwork> networks) => Networks = networks;

    /// <summary>An address matches when it lies in any of these; none means that no address can begin so.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; }

    /// <summary>False when the text is no address, no network, and nothing an address could begin with.</summary>
    public static bool TryParse(string text, out AddressPattern? pattern)
    {
        var networks = Exact(text) ?? Network(text) ?? (text.Contains(':', StringComparison.Ordinal) ? BeginningV6(text) : BeginningV4(text));
        pattern = networks is null ? null : new AddressPattern(networks);
        return pattern is not null;
    }

    private static IReadOnlyList<IPNetwork>? Exact(string text)
    {
        var complete = text.Contains(':', StringComparison.Ordinal)
            ? !text.EndsWith("::", StringComparison.Ordinal) && !text.Contains('%', StringComparison.Ordinal)
            : text.Count(c => c == '.') == 3;
        return complete && IPAddress.TryParse(text, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || Octets(text))
            ? [new IPNetwork(address, address.GetAddressBytes().Length * 8)]
            : null;
    }

    // IPAddress.Parse takes octal and hexadecimal octets; nobody who types 010.1.2.3 means 8.1.2.3.
    private static bool Octets(string text) => text.Split('.').All(part => part.Length is > 0 and <= 3 && (part == "0" || part[0] is >= '1' and <= '9'));

    private static IReadOnlyList<IPNetwork>? Network(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IPAddress.TryParse(text[..slash], out var address)
            || (address.AddressFamily == AddressFamily.InterNetwork && (text[..slash].Count(c => c == '.') != 3 || !Octets(text[..slash])))
            || !int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var bits))
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        return bits <= bytes.Length * 8 ? [Masked(bytes, bits)] : null;
    }

    private static List<IPNetwork>? BeginningV4(string text)
    {
        var parts = text.Split('.');
        if (parts.Length is < 1 or > 4 || (parts.Length == 1 && parts[0].Length == 0))
        {
            return null;
        }

        var known = new byte[4];
        for (var i = 0; i < parts.Length - 1; i++)
        {
            if (!Octets(parts[i]) || !byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out known[i]))
            {
                return null;
            }
        }

        var open = parts[^1];
        if (open.Length == 0)
        {
            return [Masked(known, (parts.Length - 1) * 8)];
        }

        if (!open.All(char.IsAsciiDigit) || open.Length > 3)
        {
            return null;
        }

        return [.. Enumerable.Range(0, 256)
            .Where(octet => octet.ToString(CultureInfo.InvariantCulture).StartsWith(open, StringComparison.Ordinal))
            .Select(octet => Masked([.. known[..(parts.Length - 1)], (byte)octet, .. new byte[4 - parts.Length]], parts.Length * 8))];
    }

    private static IReadOnlyList<IPNetwork>? BeginningV6(string text)
    {
        var zeros = text.EndsWith("::", StringComparison.Ordinal);
        var groups = (zeros ? text[..^1] : text).Split(':');
        var known = new byte[16];
        if (groups.Length > 8)
        {
            return null;
        }

        for (var i = 0; i < groups.Length - 1; i++)
        {
            if (!Group(groups[i], out var value))
            {
                return null;
            }

            (known[2 * i], known[(2 * i) + 1]) = ((byte)(value >> 8), (byte)value);
        }

        var bits = (groups.Length - 1) * 16;
        if (groups[^1].Length == 0)
        {
            // "::" stands for two zero groups or more.
            return [Masked(known, zeros ? Math.Min(bits + 32, 128) : bits)];
        }

        if (!Group(groups[^1], out var open))
        {
            return null;
        }

        // A group is written without leading zeros: "d" begins d, d0-df, d00-dff and d000-dfff.
        return [.. Enumerable.Range(0, 5 - groups[^1].Length).Select(digits => Masked(
            [.. known[..(bits / 8)], (byte)(open << (4 * digits) >> 8), (byte)(open << (4 * digits)), .. new byte[14 - (bits / 8)]],
            bits + 16 - (4 * digits)))];
    }

    private static bool Group(string text, out int value)
    {
        value = 0;
        return text.Length is > 0 and <= 4 && (text == "0" || text[0] != '0')
            && int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static IPNetwork Masked(byte[] bytes, int bits)
    {
        var masked = (byte[])bytes.Clone();
        for (var i = 0; i < masked.Length; i++)
        {
            var kept = Math.Clamp(bits - (8 * i), 0, 8);
            masked[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPNetwork(new IPAddress(masked), bits);
    }
}
