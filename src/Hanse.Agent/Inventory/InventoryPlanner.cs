using Google.Protobuf;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Inventory;

/// <summary>Decides which sections travel: those whose hash is not the one the site last acknowledged, and those it asked for. Pure.
/// A report never exceeds the bound, unless one section alone does: that section then travels as its own error.</summary>
internal static class InventoryPlanner
{
    /// <param name="held">Hashes the site acknowledged, by section.</param>
    /// <param name="wanted">Sections the site asked for by name.</param>
    /// <param name="full">Tell every section the agent has, so that the site drops what is absent.</param>
    /// <param name="maximumBytes">Bound of one report's bodies.</param>
    internal static InventoryPlan Plan(
        IReadOnlyList<InventorySection> sections,
        IReadOnlyDictionary<string, byte[]> held,
        IReadOnlySet<string> wanted,
        bool full,
        int maximumBytes)
    {
        var known = sections.Select(s => s.Body.Length > maximumBytes ? TooLarge(s, maximumBytes) : s).ToList();
        var sent = known.Where(s => full || wanted.Contains(s.Name) || !IsHeld(s, held)).ToList();
        var reports = new List<InventoryReport>();
        var current = new InventoryReport();
        var size = 0;
        foreach (var section in sent)
        {
            if (size > 0 && size + section.Body.Length > maximumBytes)
            {
                reports.Add(current);
                (current, size) = (new InventoryReport(), 0);
            }

            current.Sections.Add(section.ToWire());
            size += section.Body.Length;
        }

        if (current.Sections.Count > 0)
        {
            reports.Add(current);
        }

        Finish(reports, known, full);
        return new InventoryPlan(reports);
    }

    // The last report names what the others said or what did not change, so that the site can tell what it lacks.
    private static void Finish(List<InventoryReport> reports, List<InventorySection> known, bool full)
    {
        if (reports.Count == 0)
        {
            return;
        }

        var last = reports[^1];
        var inLast = last.Sections.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        last.Full = full;
        last.Unchanged.AddRange(known.Where(s => !inLast.Contains(s.Name))
            .Select(s => new SectionHash { Name = s.Name, Hash = ByteString.CopyFrom(s.Hash) }));
    }

    private static bool IsHeld(InventorySection section, IReadOnlyDictionary<string, byte[]> held) =>
        held.TryGetValue(section.Name, out var hash) && hash.AsSpan().SequenceEqual(section.Hash);

    private static InventorySection TooLarge(InventorySection section, int maximumBytes) => InventorySection.Failed(
        section.Name, $"The section is larger than the link's limit of {maximumBytes} bytes and was not sent.", section.Collected);
}
