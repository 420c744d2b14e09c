using System.Collections.Immutable;
using System.Text.Json;

namespace Hanse.Protocol.Rollups;

/// <summary>A metric's counts by label, sorted by label, as they travel: a JSON object of whole numbers that are not negative.</summary>
public static class RollupValue
{
    /// <summary>What JSON's numbers hold exactly in every reader (RFC 8259 §6).</summary>
    public const long MaxCount = (1L << 53) - 1;

    public static string Write(IReadOnlyDictionary<string, long> counts) =>
        $"{{{string.Join(',', counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"\"{JsonEncodedText.Encode(c.Key)}\":{c.Value}"))}}}";

    /// <summary>The counts, or null with what is wrong: no object, a count that is no whole number from 0 to 2^53-1, too many labels, or a bad one.</summary>
    public static ImmutableSortedDictionary<string, long>? Read(string json, out string? fault)
    {
        var counts = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 2 });
            fault = document.RootElement.ValueKind == JsonValueKind.Object ? null : "A rollup's value is a JSON object of counts by label.";
            foreach (var entry in fault is null ? document.RootElement.EnumerateObject() : default)
            {
                fault ??= Fault(entry) ?? (counts.ContainsKey(entry.Name) ? $"Label {entry.Name} comes twice." : null);
                if (fault is null)
                {
                    counts[entry.Name] = entry.Value.GetInt64();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or a name with half a surrogate pair.
            fault = "A rollup's value is JSON.";
        }

        fault ??= counts.Count > RollupMetrics.MaxLabels ? $"A rollup has at most {RollupMetrics.MaxLabels} labels." : null;
        return fault is null ? counts.ToImmutable() : null;
    }

    /// <summary>At most as many labels as a value may have: the largest counts, and the rest as one.</summary>
    public static IReadOnlyDictionary<string, long> Bounded(IReadOnlyCollection<KeyValuePair<string, long>> counts)
    {
        if (counts.Count <= RollupMetrics.MaxLabels)
        {
            return counts.ToDictionary(StringComparer.Ordinal);
        }

        var byCount = counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).ToList();
        var kept = byCount.Take(RollupMetrics.MaxLabels - 1).ToDictionary(StringComparer.Ordinal);
        kept[RollupMetrics.Other] = kept.GetValueOrDefault(RollupMetrics.Other) + byCount.Skip(RollupMetrics.MaxLabels - 1).Sum(c => c.Value);
        return kept;
    }

    private static string? Fault(JsonProperty entry) =>
        entry.Name.Length is 0 or > RollupMetrics.MaxLabel || entry.Name.Any(char.IsControl) ? $"A label has 1 to {RollupMetrics.MaxLabel} printable characters."
        : entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt64(out var count) || count is < 0 or > MaxCount
            ? $"The count of {entry.Name} is no whole number from 0 to {MaxCount}."
            : null;
}
