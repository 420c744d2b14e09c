using Hanse.Audit;
using Hanse.Coordinator.Commands.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Uplink;

/// <summary>Applies a site's records in order, under a mark that commits with them (U1): a record has its effect exactly once,
/// however often it is sent. One that cannot be applied is refused by number and never holds up the ones behind it (U3).</summary>
internal sealed class RecordIntake(
    NpgsqlDataSource database, IExecutionIntake executions, IAuditLog audit, IBans bans, ISites sites, HostFacts facts, TimeProvider time)
{
    /// <summary>Null when the link has been superseded: the site must come again (L6).</summary>
    /// <exception cref="FormatException">The batch itself is malformed; nothing of it was applied.</exception>
    public async Task<RecordReceipt?> ApplyAsync(SiteId site, long fence, RecordBatch batch, CancellationToken cancellation)
    {
        if (batch.FirstSequence is 0 or > long.MaxValue / 2)
        {
            throw new FormatException($"firstSequence is {batch.FirstSequence}; records are numbered from 1.");
        }

        try
        {
            return await ApplyAsync(site, fence, batch, guarded: false, cancellation);
        }
        catch (Exception poison) when (IsOfTheRecord(poison))
        {
            // One of them cannot be stored. Only now is the price of a savepoint a record worth paying.
            return await ApplyAsync(site, fence, batch, guarded: true, cancellation);
        }
    }

    private async Task<RecordReceipt?> ApplyAsync(SiteId site, long fence, RecordBatch batch, bool guarded, CancellationToken cancellation)
    {
        var epoch = MarkStore.ReadEpoch(batch.Epoch);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await MarkStore.LockAsync(transaction, site, epoch, fence, cancellation) is not { } mark)
        {
            return null;
        }

        if (batch.ConfirmedRefusals.Count > 0)
        {
            await MarkStore.ConfirmAsync(transaction, site, epoch, batch.ConfirmedRefusals, time.GetUtcNow(), cancellation);
        }

        var highWater = mark.HighWater;
        // A gap means the site knows of a mark that this database has not: it reads the mark from the answer and starts there (U5).
        if ((long)batch.FirstSequence <= highWater + 1)
        {
            var fresh = batch.Records.Select((record, i) => (Sequence: (long)batch.FirstSequence + i, Record: record))
                .Where(r => r.Sequence > highWater).ToList();
            foreach (var group in guarded ? fresh.Select(r => new[] { r }.ToList()) : [fresh])
            {
                await ApplyGroupAsync(transaction, site, epoch, group, guarded, cancellation);
            }

            highWater = Math.Max(highWater, (long)batch.FirstSequence + batch.Records.Count - 1);
        }

        var issued = batch.Records.Any(r => r.FactCase == Record.FactOneofCase.Ban) ? await bans.IssueAsync(transaction, cancellation) : null;
        if (issued is not null)
        {
            await sites.RaiseGenerationsAsync(transaction, cancellation);
        }

        await MarkStore.AdvanceAsync(transaction, site, epoch, highWater, cancellation);
        var receipt = new RecordReceipt { Epoch = batch.Epoch, HighWater = (ulong)highWater, BackedUp = (ulong)mark.BackedUp };
        receipt.Refusals.AddRange(await MarkStore.OpenRefusalsAsync(transaction, site, epoch, cancellation));
        receipt.OlderMarks.AddRange(await MarkStore.OlderAsync(transaction, site, batch.OlderEpochs, cancellation));
        await transaction.CommitAsync(cancellation);
        if (issued is not null)
        {
            bans.Enforce(issued);
        }

        return receipt;
    }

    private async Task ApplyGroupAsync(
        NpgsqlTransaction transaction, SiteId site, Guid epoch, List<(long Sequence, Record Record)> group, bool guarded, CancellationToken cancellation)
    {
        IReadOnlyList<Error?> faults;
        if (guarded)
        {
            await transaction.SaveAsync("record", cancellation);
        }

        try
        {
            faults = await ApplyFactsAsync(transaction, site, [.. group.Select(g => g.Record)], cancellation);
        }
        catch (Exception poison) when (guarded && IsOfTheRecord(poison))
        {
            await transaction.RollbackAsync("record", cancellation);
            faults = [new Error { Code = ErrorCodes.RecordInvalid, Message = (poison as PostgresException)?.MessageText ?? poison.Message }];
        }

        foreach (var ((sequence, record), fault) in group.Zip(faults).Where(g => g.Second is not null))
        {
            var refusal = new RecordRefusal { Sequence = (ulong)sequence, Code = fault!.Code, Message = fault.Message };
            await MarkStore.RefuseAsync(transaction, site, epoch, refusal, record, time.GetUtcNow(), cancellation);
        }
    }

    /// <summary>One fault or null a record. Executions go first and the audit log last, for that is the order of their locks.</summary>
    private async Task<IReadOnlyList<Error?>> ApplyFactsAsync(
        NpgsqlTransaction transaction, SiteId site, IReadOnlyList<Record> records, CancellationToken cancellation)
    {
        var connection = transaction.Connection!;
        var told = records.Where(r => r.FactCase == Record.FactOneofCase.Execution).Select(r => r.Execution).ToList();
        var results = new Queue<ExecutionIntakeResult>(
            told.Count > 0 ? await executions.ApplyAsync(connection, transaction, site, told, cancellation) : []);
        var faults = new List<Error?>(records.Count);
        var events = new List<AuditEvent>();
        foreach (var record in records)
        {
            faults.Add(record.FactCase switch
            {
                Record.FactOneofCase.Execution => Fault(results.Dequeue()),
                Record.FactOneofCase.Audit => Note(events, ToEvent(site, record.Audit)),
                Record.FactOneofCase.Ban or Record.FactOneofCase.HostMove => await facts.ApplyAsync(transaction, site, record, events, cancellation),
                _ => new Error { Code = ErrorCodes.RecordUnknown, Message = "This coordinator does not know this kind of record. Upgrade it, then retry." },
            });
        }

        if (events.Count > 0)
        {
            await audit.AppendAsync(connection, transaction, events, cancellation);
        }

        return faults;
    }

    private static Error? Fault(ExecutionIntakeResult result) =>
        result.Refusal is { } refusal ? new Error { Code = refusal.Code, Message = refusal.Message } : null;

    private static Error? Note(List<AuditEvent> events, AuditEvent entry)
    {
        events.Add(entry);
        return null;
    }

    private static AuditEvent ToEvent(SiteId site, AuditRecord record) => new(record.Operation, new AuditActor(record.Actor))
    {
        Site = site,
        Hosts = record.HostId.Length == 16 ? [HostId.FromBytes(record.HostId.Span)] : [],
        Detail = new Dictionary<string, string>
        {
            ["occurredAt"] = DateTimeOffset.FromUnixTimeMilliseconds(record.OccurredUnixMs).ToString("o"),
            ["detail"] = record.DetailJson,
        },
    };

    /// <summary>An id that is none, an instant out of range, data that does not fit (class 22) or breaks a constraint (23): the record's
    /// fault. Anything else is ours or passing.</summary>
    private static bool IsOfTheRecord(Exception failure) => failure switch
    {
        PostgresException refused => refused.SqlState.StartsWith("22", StringComparison.Ordinal) || refused.SqlState.StartsWith("23", StringComparison.Ordinal),
        FormatException or ArgumentOutOfRangeException or OverflowException => true,
        _ => false,
    };
}
