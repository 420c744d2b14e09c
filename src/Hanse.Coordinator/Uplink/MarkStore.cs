using Dapper;
using Google.Protobuf;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Uplink;

/// <summary>How far each epoch of a site's outbox has been applied, and what was refused (U1, U3).</summary>
internal static class MarkStore
{
    private const int MostOlder = 1000;

    /// <exception cref="FormatException">It is none.</exception>
    public static Guid ReadEpoch(ByteString epoch) => epoch.Length == 16
        ? new Guid(epoch.Span, bigEndian: true)
        : throw new FormatException($"epoch has {epoch.Length} bytes; an epoch has 16.");

    /// <summary>Makes an epoch that was not seen before the current one of its site: it was begun after all that are known (U6). False
    /// for an epoch that another has followed: the site was restored and must begin a new one.</summary>
    public static Task<bool> EnsureEpochAsync(NpgsqlConnection connection, SiteId site, Guid epoch, CancellationToken cancellation) =>
        connection.QuerySingleAsync<bool>(new CommandDefinition(
            """
            insert into uplink_mark as m (site_id, ordinal, epoch, high_water)
            select @site, coalesce(max(ordinal), 0) + 1, @epoch, 0 from uplink_mark where site_id = @site
            on conflict (site_id, epoch) do update set high_water = m.high_water
            returning ordinal >= (select coalesce(max(ordinal), 0) from uplink_mark where site_id = @site)
            """,
            new { site = site.Value, epoch }, cancellationToken: cancellation));

    /// <summary>True if this epoch was never seen of a site that has had another: its database was restored (U6).</summary>
    public static Task<bool> IsAnotherEpochAsync(NpgsqlConnection connection, SiteId site, Guid epoch, CancellationToken cancellation) =>
        connection.QuerySingleAsync<bool>(new CommandDefinition(
            "select count(*) > 0 and count(*) filter (where epoch = @epoch) = 0 from uplink_mark where site_id = @site",
            new { site = site.Value, epoch }, cancellationToken: cancellation));

    /// <summary>Locks the mark. Null when the link's fence or the epoch is no longer the current one: nothing may be applied (L6).</summary>
    /// <exception cref="SiteSuspendedException">Nothing is accepted of the site until it is resumed.</exception>
    public static async Task<Mark?> LockAsync(
        NpgsqlTransaction transaction, SiteId site, Guid epoch, long fence, CancellationToken cancellation)
    {
        var current = await transaction.Connection!.QuerySingleOrDefaultAsync<long?>(new CommandDefinition(
            "select fence from sites_link where site_id = @site for share", new { site = site.Value }, transaction, cancellationToken: cancellation));
        if (current != fence)
        {
            return null;
        }

        var mark = await transaction.Connection!.QuerySingleOrDefaultAsync<Mark>(new CommandDefinition(
            """
            select m.ordinal, m.high_water as HighWater, m.backed_up as BackedUp, s.key as SiteKey, s.status
            from uplink_mark m join sites_site s on s.id = m.site_id
            where m.site_id = @site and m.epoch = @epoch
              and m.ordinal = (select max(ordinal) from uplink_mark where site_id = @site)
            for update of m
            """,
            new { site = site.Value, epoch }, transaction, cancellationToken: cancellation));
        return mark?.Status == (short)SiteLifecycle.Suspended ? throw new SiteSuspendedException() : mark;
    }

    /// <summary>How far each of these epochs of the site was applied; 0 for one that is not known here.</summary>
    /// <exception cref="FormatException">Too many, or one is none.</exception>
    public static async Task<IEnumerable<EpochMark>> OlderAsync(
        NpgsqlTransaction transaction, SiteId site, IReadOnlyCollection<ByteString> asked, CancellationToken cancellation)
    {
        if (asked.Count == 0)
        {
            return [];
        }

        var epochs = asked.Count <= MostOlder ? asked.Select(ReadEpoch).ToArray() : throw new FormatException($"olderEpochs has {asked.Count} epochs; at most {MostOlder} are asked for at once.");
        return (await transaction.Connection!.QueryAsync<(Guid Epoch, long HighWater)>(new CommandDefinition(
            """
            select asked.epoch, coalesce(m.high_water, 0) from unnest(@epochs) asked (epoch)
            left join uplink_mark m on m.site_id = @site and m.epoch = asked.epoch
            """,
            new { site = site.Value, epochs }, transaction, cancellationToken: cancellation)))
            .Select(m => new EpochMark { Epoch = ByteString.CopyFrom(m.Epoch.ToByteArray(bigEndian: true)), HighWater = (ulong)m.HighWater });
    }

    public static Task AdvanceAsync(NpgsqlTransaction transaction, SiteId site, Guid epoch, long highWater, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update uplink_mark set high_water = @highWater where site_id = @site and epoch = @epoch",
            new { site = site.Value, epoch, highWater }, transaction, cancellationToken: cancellation));

    public static Task RefuseAsync(
        NpgsqlTransaction transaction, SiteId site, Guid epoch, RecordRefusal refusal, Record record, DateTimeOffset now, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into uplink_refusal (site_id, epoch, sequence, code, message, record, refused_at)
            values (@site, @epoch, @sequence, @Code, @Message, @record, @now) on conflict do nothing
            """,
            new { site = site.Value, epoch, sequence = (long)refusal.Sequence, refusal.Code, refusal.Message, record = record.ToByteArray(), now },
            transaction, cancellationToken: cancellation));

    public static Task ConfirmAsync(
        NpgsqlTransaction transaction, SiteId site, Guid epoch, IEnumerable<ulong> sequences, DateTimeOffset now, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update uplink_refusal set confirmed_at = @now where site_id = @site and epoch = @epoch and sequence = any(@sequences) and confirmed_at is null",
            new { site = site.Value, epoch, sequences = sequences.Select(s => (long)s).ToArray(), now }, transaction, cancellationToken: cancellation));

    /// <summary>Refusals the site has not confirmed: they stand in every answer until it does (U3).</summary>
    public static async Task<IEnumerable<RecordRefusal>> OpenRefusalsAsync(
        NpgsqlTransaction transaction, SiteId site, Guid epoch, CancellationToken cancellation) =>
        (await transaction.Connection!.QueryAsync<(long Sequence, string Code, string Message)>(new CommandDefinition(
            """
            select sequence, code, message from uplink_refusal
            where site_id = @site and epoch = @epoch and confirmed_at is null order by sequence limit 1000
            """,
            new { site = site.Value, epoch }, transaction, cancellationToken: cancellation)))
        .Select(r => new RecordRefusal { Sequence = (ulong)r.Sequence, Code = r.Code, Message = r.Message });
}

/// <summary>A locked mark, with what applying needs to know of its site.</summary>
internal sealed class Mark
{
    public int Ordinal { get; init; }
    public long HighWater { get; init; }
    public long BackedUp { get; init; }
    public int SiteKey { get; init; }
    public short Status { get; init; }
}
