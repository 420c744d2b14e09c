using System.Net;
using System.Text.Json;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;

namespace Hanse.Site.Inventory;

/// <summary>What the directory row takes from a section. Pure; a body that is no JSON or of another shape gives null: the detail
/// is kept as it came, the row stays as it was.</summary>
internal static class FactsReader
{
    /// <summary>Addresses a directory row carries at the most.</summary>
    private const int MaxAddresses = 16;
    private const int MaxText = 255;

    /// <summary>What all these sections say; null if none says anything.</summary>
    public static HostFacts? Read(IEnumerable<Section> sections)
    {
        var read = sections.Select(s => Read(s.Name, s.Body.Memory)).OfType<HostFacts>().ToList();
        return read.Count == 0 ? null : read.Aggregate((known, more) => more with
        {
            Hostname = more.Hostname ?? known.Hostname, MachineId = more.MachineId ?? known.MachineId, BootId = more.BootId ?? known.BootId,
            Os = more.Os ?? known.Os, OsFamily = more.OsFamily ?? known.OsFamily, Kernel = more.Kernel ?? known.Kernel,
            Addresses = more.Addresses ?? known.Addresses,
        });
    }

    public static HostFacts? Read(string section, ReadOnlyMemory<byte> body)
    {
        if (section is not ("system" or "network"))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return section == "system" ? System(document.RootElement) : new HostFacts(Addresses: Addresses(document.RootElement));
        }
        catch (Exception shape) when (shape is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static HostFacts System(JsonElement system)
    {
        var os = system.TryGetProperty("os", out var o) ? o : default;
        var name = $"{Text(os, "id")} {Text(os, "version")}".Trim();
        return new HostFacts(
            Text(system, "hostname"), Text(system, "machineId"), Text(system, "bootId"), name.Length > 0 ? name : null,
            Text(os, "family"), Text(system, "kernel"));
    }

    /// <summary>Addresses others could reach it at: no loopback, no link-local, in the order of the interfaces.</summary>
    private static List<byte[]> Addresses(JsonElement interfaces) =>
        [.. interfaces.EnumerateArray()
            .Where(i => i.TryGetProperty("addresses", out _))
            .SelectMany(i => i.GetProperty("addresses").EnumerateArray())
            .Select(a => a.GetString()?.Split('/')[0])
            .Select(a => IPAddress.TryParse(a, out var ip) ? ip : null)
            .OfType<IPAddress>()
            .Where(ip => !IPAddress.IsLoopback(ip) && !ip.IsIPv6LinkLocal && !IsLinkLocal4(ip))
            .Distinct()
            .Take(MaxAddresses)
            .Select(ip => ip.GetAddressBytes())];

    private static bool IsLinkLocal4(IPAddress ip) => ip.GetAddressBytes() is [169, 254, _, _];

    /// <summary>Names come from machines we do not control: control characters become spaces, and length is bounded.</summary>
    private static string? Text(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        var text = string.Concat(value.GetString()!.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return text.Length > MaxText ? text[..MaxText] : text;
    }
}
