using Dapper;
using Hanse.Audit;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Npgsql;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Uplink;

/// <summary>What an operator does with entries that the coordinator refused (U3): send them again under a new number, or let them go. Either is in both
/// audit logs. What merely waits is never given up: a line that is down is no reason.</summary>
internal sealed class OutboxDeskStore(NpgsqlDataSource database, IOutbox outbox, IAuditLog audit, TimeProvider time)
{
    /// <summary>Null when it is done.</summary>
    public async Task<Error?> SettleAsync(OutboxSettlement wish, CancellationToken cancellation)
    {
        if (OutboxReadStore.Locate(wish.Id) is not var (part, key))
        {
            return NoSuch();
        }

        if (part is 3 or 4)
        {
            return new Error
            {
                Code = ErrorCodes.OutboxEntryNotSetAside,
                Message = "This entry waits for the coordinator and goes when the link is up; only what the coordinator refused is retried or dropped.",
            };
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var settled = part == 1 ? await SettleRecordAsync(transaction, long.Parse(key, System.Globalization.CultureInfo.InvariantCulture), wish, cancellation)
            : await SettleStateAsync(transaction, key, wish, cancellation);
        if (settled is not var (subject, code))
        {
            return NoSuch();
        }

        var operation = wish.Drop ? "outbox.drop" : "outbox.retry";
        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["entry"] = wish.Id, ["subject"] = subject, ["refused"] = code, ["why"] = wish.Reason };
        await outbox.AppendAsync(
            transaction,
            [new Record
            {
                Audit = new AuditRecord
                {
                    OccurredUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds(), Operation = operation, Actor = wish.Actor,
                    DetailJson = System.Text.Json.JsonSerializer.Serialize(detail),
                },
            }],
            cancellation);
        await audit.AppendAsync(
            connection, transaction,
            new AuditEvent(operation, new AuditActor(wish.Actor)) { Outcome = "done", Reason = wish.Reason.Length > 0 ? wish.Reason : null, Detail = detail },
            cancellation);
        await transaction.CommitAsync(cancellation);
        outbox.Wake();
        return null;
    }

    private async Task<(string Subject, string Code)?> SettleRecordAsync(NpgsqlTransaction transaction, long id, OutboxSettlement wish, CancellationToken cancellation)
    {
        var row = await transaction.Connection!.QuerySingleOrDefaultAsync<(byte[] Fact, string Code)?>(new CommandDefinition(
            """
            update uplink_set_aside set settled_at = @now, settlement = @settlement, settled_by = @Actor
            where id = @id and settled_at is null returning fact, code
            """,
            new { id, now = time.GetUtcNow(), settlement = wish.Drop ? "dropped" : "retried", wish.Actor }, transaction, cancellationToken: cancellation));
        if (row is not var (fact, code))
        {
            return null;
        }

        if (!wish.Drop)
        {
            await outbox.AppendAsync(transaction, [Record.Parser.ParseFrom(fact)], cancellation);
        }

        var (kind, subject) = OutboxText.OfFact(fact);
        return ($"{kind} {subject}", code);
    }

    private static async Task<(string Subject, string Code)?> SettleStateAsync(
        NpgsqlTransaction transaction, string key, OutboxSettlement wish, CancellationToken cancellation)
    {
        var dash = key.IndexOf('-', StringComparison.Ordinal);
        if (dash < 1 || !short.TryParse(key[..dash], out var stateClass) || key.Length % 2 != (dash + 1) % 2 || !key[(dash + 1)..].All(char.IsAsciiHexDigit))
        {
            return null;
        }

        var bytes = Convert.FromHexString(key[(dash + 1)..]);
        var code = await transaction.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            """
            with held as (
                select class, key, refusal from uplink_state where class = @stateClass and key = @bytes and refusal <> '' and counter = acknowledged for update)
            update uplink_state s set refusal = '', counter = case when @drop then s.counter else s.counter + 1 end
            from held where s.class = held.class and s.key = held.key returning split_part(held.refusal, ': ', 1)
            """,
            new { stateClass, bytes, drop = wish.Drop }, transaction, cancellationToken: cancellation));
        var (kind, subject) = OutboxText.OfState((StateClass)stateClass, bytes);
        return code is null ? null : ($"{kind} {subject}", code);
    }

    private static Error NoSuch() => new()
    {
        Code = ErrorCodes.OutboxEntryNotFound, Message = "The outbox has no entry of this id; it may have been taken or settled meanwhile. `hanse outbox list` shows what there is.",
    };
}
