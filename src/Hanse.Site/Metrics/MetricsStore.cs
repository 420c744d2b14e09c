using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Site.Metrics;

/// <summary>Minutes and hours of hosts. A minute and what it adds to its hour are one statement, so that each counts once.</summary>
internal sealed class MetricsStore(NpgsqlDataSource database)
{
    /// <summary>Stores rows, each once; those of hosts that are gone are left out.</summary>
    public static Task PutAsync(NpgsqlTransaction transaction, IReadOnlyList<MeterRow> rows, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            with fresh as (
                insert into metrics_minute (host_id, at, until, key_id, mark, by_datagram, chunk)
                select host, at, until, key, mark, by_datagram, chunk
                from unnest(@hosts, @ats, @untils, @keys, @marks, @ways, @chunks) as r (host, at, until, key, mark, by_datagram, chunk)
                on conflict do nothing
                returning host_id, at
            ), counted as (
                select f.host_id, date_trunc('hour', f.at, 'UTC') as hour, sum(r.samples) as samples,
                    sum(cpu_s) as cpu_s, max(cpu_h) as cpu_h, sum(memory_s) as memory_s, max(memory_h) as memory_h, sum(load_s) as load_s, max(load_h) as load_h,
                    sum(read_s) as read_s, max(read_h) as read_h, sum(written_s) as written_s, max(written_h) as written_h,
                    sum(received_s) as received_s, max(received_h) as received_h, sum(sent_s) as sent_s, max(sent_h) as sent_h
                from fresh f join unnest(@hosts, @ats, @samples, @s0, @h0, @s1, @h1, @s2, @h2, @s3, @h3, @s4, @h4, @s5, @h5, @s6, @h6)
                    as r (host, at, samples, cpu_s, cpu_h, memory_s, memory_h, load_s, load_h, read_s, read_h, written_s, written_h, received_s, received_h, sent_s, sent_h)
                    on r.host = f.host_id and r.at = f.at
                group by f.host_id, hour
            )
            insert into metrics_hour as h
            select * from counted
            on conflict (host_id, at) do update set samples = h.samples + excluded.samples,
                cpu_sum = h.cpu_sum + excluded.cpu_sum, cpu_max = greatest(h.cpu_max, excluded.cpu_max),
                memory_sum = h.memory_sum + excluded.memory_sum, memory_max = greatest(h.memory_max, excluded.memory_max),
                load_sum = h.load_sum + excluded.load_sum, load_max = greatest(h.load_max, excluded.load_max),
                read_sum = h.read_sum + excluded.read_sum, read_max = greatest(h.read_max, excluded.read_max),
                written_sum = h.written_sum + excluded.written_sum, written_max = greatest(h.written_max, excluded.written_max),
                received_sum = h.received_sum + excluded.received_sum, received_max = greatest(h.received_max, excluded.received_max),
                sent_sum = h.sent_sum + excluded.sent_sum, sent_max = greatest(h.sent_max, excluded.sent_max)
            """,
            Parameters(rows), transaction, cancellationToken: cancellation));

    /// <summary>The host's minutes that touch a stretch of time, oldest first.</summary>
    public async Task<IReadOnlyList<MinuteRow>> MinutesAsync(HostId host, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<MinuteRow>(new CommandDefinition(
            "select at, by_datagram as ByDatagram, chunk from metrics_minute where host_id = @id and at <= @to and until >= @from order by at",
            new { id = host.Value, from, to }, cancellationToken: cancellation))).AsList();
    }

    /// <summary>The host's hours that touch a stretch of time, oldest first.</summary>
    public async Task<IReadOnlyList<(DateTimeOffset At, Tally Tally)>> HoursAsync(
        HostId host, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<HourRow>(new CommandDefinition(
            """
            select at, samples,
                array[cpu_sum, memory_sum, load_sum, read_sum, written_sum, received_sum, sent_sum] as sums,
                array[cpu_max, memory_max, load_max, read_max, written_max, received_max, sent_max] as highest
            from metrics_hour where host_id = @id and at > @first and at <= @to order by at
            """,
            new { id = host.Value, first = from.AddHours(-1), to }, cancellationToken: cancellation));
        return [.. rows.Select(r => (new DateTimeOffset(r.At), new Tally(r.Samples, r.Sums, r.Highest)))];
    }

    /// <summary>The newest minute that the store has of a host until then.</summary>
    public async Task<MinuteRow?> NewestAsync(HostId host, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QueryFirstOrDefaultAsync<MinuteRow>(new CommandDefinition(
            "select at, by_datagram as ByDatagram, chunk from metrics_minute where host_id = @id and at <= @to order by at desc limit 1",
            new { id = host.Value, to }, cancellationToken: cancellation));
    }

    /// <summary>Forgets what is older than it may be.</summary>
    public async Task<int> PruneAsync(DateTimeOffset minutesBefore, DateTimeOffset hoursBefore, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            "delete from metrics_minute where at < @minutesBefore; delete from metrics_hour where at < @hoursBefore",
            new { minutesBefore, hoursBefore }, commandTimeout: 300, cancellationToken: cancellation));
    }

    private static DynamicParameters Parameters(IReadOnlyList<MeterRow> rows)
    {
        var parameters = new DynamicParameters(new
        {
            hosts = rows.Select(r => r.Host.Value).ToArray(), ats = rows.Select(r => r.At).ToArray(), untils = rows.Select(r => r.Until).ToArray(),
            keys = rows.Select(r => (long)r.KeyId).ToArray(), marks = rows.Select(r => (long)r.Mark).ToArray(),
            ways = rows.Select(r => r.ByDatagram).ToArray(), chunks = rows.Select(r => r.Chunk).ToArray(), samples = rows.Select(r => r.Tally.Samples).ToArray(),
        });
        for (var figure = 0; figure < Tally.Figures; figure++)
        {
            parameters.Add($"s{figure}", rows.Select(r => r.Tally.Sums[figure]).ToArray());
            parameters.Add($"h{figure}", rows.Select(r => r.Tally.Highest[figure]).ToArray());
        }

        return parameters;
    }

    private sealed class HourRow
    {
        public DateTime At { get; init; }
        public int Samples { get; init; }
        public long[] Sums { get; init; } = [];
        public long[] Highest { get; init; } = [];
    }
}

/// <summary>A stored minute.</summary>
internal sealed record MinuteRow(DateTime At, bool ByDatagram, byte[] Chunk)
{
    public MetricsChunk Read() => MetricsChunk.Parser.ParseFrom(Chunk);
}
