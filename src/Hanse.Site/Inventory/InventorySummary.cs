using System.Globalization;
using System.Text.Json;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Inventory;

/// <summary>What rollups count of a host's sections. A null is left as it was.</summary>
internal sealed record InventorySummary(int? Updates = null, int? SecurityUpdates = null, DateTimeOffset[]? Certificates = null)
{
    /// <summary>Certificates that are counted a host at the most.</summary>
    private const int MaxCertificates = 1_000;

    /// <summary>Null if none of the sections says anything of it; a body of another shape says nothing.</summary>
    public static InventorySummary? Read(IEnumerable<Section> sections)
    {
        InventorySummary? all = null;
        foreach (var section in sections.Where(s => s.Error.Length == 0 && s.Name is "updates" or "certificates"))
        {
            try
            {
                using var body = JsonDocument.Parse(section.Body.Memory);
                var rows = body.RootElement.EnumerateArray().ToList();
                all = section.Name == "updates"
                    ? (all ?? new()) with { Updates = rows.Count, SecurityUpdates = rows.Count(IsSecurity) }
                    : (all ?? new()) with { Certificates = [.. rows.Select(End).OfType<DateTimeOffset>().Take(MaxCertificates)] };
            }
            catch (Exception shape) when (shape is JsonException or InvalidOperationException)
            {
                continue; // kept as it came; the summary stays as it was
            }
        }

        return all;
    }

    private static bool IsSecurity(JsonElement update) => update.TryGetProperty("security", out var flag) && flag.ValueKind == JsonValueKind.True;

    private static DateTimeOffset? End(JsonElement certificate) =>
        certificate.TryGetProperty("notAfter", out var end) && end.ValueKind == JsonValueKind.String
        && DateTimeOffset.TryParse(end.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : null;
}
