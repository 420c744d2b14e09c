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

    public async Task<InventoryReceipt> ReceiveAsync(HostId host, InventoryReport report, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = await InventoryStore.HashesAsync(transaction, host, cancellation);
        var receipt = new InventoryReceipt();
        foreach (var section in report.Sections.Take(MaxSections))
        {
            if (!IsSound(section))
            {
                receipt.Wanted.Add(section.Name);
                continue;
            }

            await store.PutAsync(transaction, host, section, cancellation);
            if (section.Error.Length == 0 && FactsReader.Read(section.Name, section.Body.Memory) is { } facts)
            {
                await hosts.DescribeAsync(transaction, host, facts, cancellation);
            }
        }

        receipt.Wanted.AddRange(report.Unchanged.Where(u => !Matches(held, u)).Select(u => u.Name));
        if (report.Full)
        {
            await InventoryStore.RemoveOthersAsync(
                transaction, host, report.Sections.Select(s => s.Name).Concat(report.Unchanged.Select(u => u.Name)), cancellation);
        }

        await transaction.CommitAsync(cancellation);
        outbox.Wake();
        return receipt;
    }

    public Task<HostDetail?> ReadAsync(HostId host, string section, CancellationToken cancellation) => store.ReadAsync(host, section, cancellation);

    private static bool Matches(Dictionary<string, byte[]> held, SectionHash reported) =>
        held.TryGetValue(reported.Name, out var hash) && hash.AsSpan().SequenceEqual(reported.Hash.Span);

    private static bool IsSound(Section section) =>
        section.Name.Length is > 0 and <= 64
        && (section.Error.Length > 0 || SHA256.HashData(section.Body.Span).AsSpan().SequenceEqual(section.Hash.Span));
}
