using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Hanse.Authority.Issuing;

/// <summary>Under which names and addresses a server is reached: what its intermediate is confined to and its certificate covers (T2).</summary>
public sealed record ServerNames
{
    /// <summary>A server's name for links is this before each external name (L2).</summary>
    public const string LinkPrefix = "link.";

    private const int MaxNames = 32;
    private const int MaxNameLength = 253 - 5;

    private ServerNames(ImmutableArray<string> external, ImmutableArray<IPAddress> addresses) => (External, Addresses) = (external, addresses);

    /// <summary>Lower case, without the link names.</summary>
    public ImmutableArray<string> External { get; }

    public ImmutableArray<IPAddress> Addresses { get; }

    /// <summary>External names and link names.</summary>
    public IEnumerable<string> AllDns => External.SelectMany(name => new[] { name, LinkPrefix + name });

    /// <summary>The name that nodes dial: <c>link.</c> + the first external name.</summary>
    public string LinkName => LinkPrefix + External[0];

    /// <summary>False, with the reason, unless there are 1 to 32 host names without wildcard and all addresses can be read.</summary>
    public static bool TryCreate(IEnumerable<string> externalNames, IEnumerable<string> addresses, [NotNullWhen(true)] out ServerNames? names,
        out string reason)
    {
        names = null;
        reason = "";
        var external = externalNames.Select(n => n.Trim().ToLowerInvariant()).Distinct(StringComparer.Ordinal).ToImmutableArray();
        if (external.Length is 0 or > MaxNames)
        {
            reason = $"A server needs between 1 and {MaxNames} external names, not {external.Length}.";
            return false;
        }

        if (external.FirstOrDefault(name => !IsHostName(name)) is { } bad)
        {
            reason = $"“{Shown(bad)}” is not a host name. Use names such as north.example.org.";
            return false;
        }

        var parsed = new List<IPAddress>();
        foreach (var text in addresses)
        {
            if (!IPAddress.TryParse(text, out var address))
            {
                reason = $"“{Shown(text)}” is not an IP address.";
                return false;
            }

            parsed.Add(address);
        }

        names = new ServerNames(external, [.. parsed.Distinct()]);
        return true;
    }

    private static bool IsHostName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.Split('.').All(IsLabel) && !name.All(c => char.IsAsciiDigit(c) || c == '.');

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && label[0] != '-' && label[^1] != '-';

    private static string Shown(string text) => new([.. text.Where(c => !char.IsControl(c)).Take(80)]);
}
