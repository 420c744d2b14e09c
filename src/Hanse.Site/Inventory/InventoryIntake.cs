using System.Security.Cryptography;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Inventory.Api;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Inventory;

/// <summary>Takes reports in: sections and the directory row they imply commit together, so the coordinator's row is never newer
/// or older than the detail behind it.</summary>
internal sealed class InventoryIntake(NpgsqlDataSource database, InventoryStore store, IHosts hosts, IOutbox outbox) : IInventory
{
    /// <summary>Sections a host may hold; more is a peer that misbehaves.</summary>
    private const int MaxSections = 64;
    private const int MaxName = 64;
    private const int MaxError = 1000;

    public async Task<InventoryReceipt> ReceiveAsync(HostId host, InventoryReport report, CancellationToken cancellation)
    {
        foreach (var section in report.Sections)
        {
            RefuseMalformed(section);
        }

        if (report.Sections.Count == 0 && await AnswerAsync(host, report, cancellation) is { } answer)
        {
            return answer;
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = await InventoryStore.HashesAsync(transaction, host, cancellation);
        if (report.Full)
        {
            var named = report.Sections.Select(s => s.Name).Concat(report.Unchanged.Select(u => u.Name)).ToHashSet();
            await InventoryStore.RemoveOthersAsync(transaction, host, named, cancellation);
            held = held.Where(h => named.Contains(h.Key)).ToDictionary();
        }

        if (held.Keys.Union(report.Sections.Select(s => s.Name)).Count() > MaxSections)
        {
            throw new FormatException($"A host has at most {MaxSections} sections.");
        }

        var receipt = new InventoryReceipt();
        receipt.Wanted.AddRange(report.Sections.Where(s => !IsSound(s)).Select(s => s.Name));
        // Of a section that is named twice the later counts.
        var sound = report.Sections.Where(IsSound).GroupBy(s => s.Name, StringComparer.Ordinal).Select(g => g.Last()).ToList();
        await store.PutAsync(transaction, host, sound, cancellation);
        if (FactsReader.Read(sound.Where(s => s.Error.Length == 0)) is { } facts)
        {
            await hosts.DescribeAsync(transaction, host, facts, cancellation);
        }

        if (InventorySummary.Read(sound) is { } summary)
        {
            await InventoryRollupStore.PutAsync(transaction, host, summary, cancellation);
        }

        receipt.Wanted.AddRange(Unheld(held, report));
        await transaction.CommitAsync(cancellation);
        outbox.Wake();
        return receipt;
    }

    public Task<HostDetail?> ReadAsync(HostId host, string section, CancellationToken cancellation) => store.ReadAsync(host, section, cancellation);

    /// <summary>The answer to a report that only announces, which every host does that comes back: nothing is written. Null if what it leaves out is to be removed.</summary>
    private async Task<InventoryReceipt?> AnswerAsync(HostId host, InventoryReport report, CancellationToken cancellation)
    {
        var held = await store.HashesAsync(host, cancellation);
        return report.Full && held.Keys.Except(report.Unchanged.Select(u => u.Name)).Any() ? null : new() { Wanted = { Unheld(held, report) } };
    }

    private static IEnumerable<string> Unheld(Dictionary<string, byte[]> held, InventoryReport report) =>
        report.Unchanged.Where(u => !Matches(held, u)).Select(u => u.Name);

    private static bool Matches(Dictionary<string, byte[]> held, SectionHash reported) =>
        held.TryGetValue(reported.Name, out var hash) && hash.AsSpan().SequenceEqual(reported.Hash.Span);

    /// <summary>A body that its hash does not fit was damaged on the way, and is asked for again.</summary>
    private static bool IsSound(Section section) =>
        section.Error.Length > 0 || SHA256.HashData(section.Body.Span).AsSpan().SequenceEqual(section.Hash.Span);

    /// <summary>What no repetition would mend.</summary>
    private static void RefuseMalformed(Section section)
    {
        var fault = section.Name.Length is 0 or > MaxName || section.Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            ? $"A section's name has 1 to {MaxName} letters, digits, hyphens, dots or underscores."
            : section.Error.Length > MaxError || section.Error.Contains('\0', StringComparison.Ordinal)
            ? $"The error of section {section.Name} is longer than {MaxError} characters or no text."
            : section.CollectedUnixMs is < 0 or > 253_402_300_799_999
            ? $"Section {section.Name} was collected at no instant between the years 1970 and 9999."
            : null;
        if (fault is not null)
        {
            throw new FormatException(fault);
        }
    }
}
