using Npgsql;
using NpgsqlTypes;

namespace Hanse.Audit;

/// <summary>Reads the log for people: pages, newest first, and single entries.</summary>
public sealed class AuditStore(NpgsqlDataSource database)
{
    private const string List = $"""
        select {AuditRows.Columns}, e.log from {AuditRows.From}
        where ($1::int is null or (e.log, e.seq) < ($1, $2))
          and ($3::text is null or e.actor = $3)
          and ($4::text is null or e.operation = $4 or starts_with(e.operation, $4 || '.'))
          and ($5::uuid is null or e.site_id = $5)
          and ($6::uuid is null or e.command_id = $6)
          and ($7::timestamptz is null or e.occurred_at >= $7)
          and ($8::timestamptz is null or e.occurred_at < $8)
          and ($10::bytea is null or position($10 in t.hosts) % 16 = 1)
        order by e.log desc, e.seq desc limit $9
        """;

    /// <summary>At most <c>Limit</c> entries after the cursor, each with the ordinal of its log.</summary>
    public async Task<IReadOnlyList<(int Log, AuditRow Row)>> ListAsync(AuditQuery query, CancellationToken cancellation)
    {
        await using var select = database.CreateCommand(List);
        Add(select, NpgsqlDbType.Integer, query.After?.Log);
        Add(select, NpgsqlDbType.Bigint, query.After?.Seq);
        Add(select, NpgsqlDbType.Text, query.Actor);
        Add(select, NpgsqlDbType.Text, query.Operation);
        Add(select, NpgsqlDbType.Uuid, query.Site);
        Add(select, NpgsqlDbType.Uuid, query.Command);
        Add(select, NpgsqlDbType.TimestampTz, query.From?.ToUniversalTime());
        Add(select, NpgsqlDbType.TimestampTz, query.To?.ToUniversalTime());
        Add(select, NpgsqlDbType.Integer, query.Limit);
        Add(select, NpgsqlDbType.Bytea, query.Host?.ToByteArray(bigEndian: true));
        return await ReadAsync(select, cancellation);
    }

    /// <summary>The entry of the current log with this number, or null.</summary>
    public async Task<AuditRow?> FindAsync(long seq, CancellationToken cancellation)
    {
        await using var select = database.CreateCommand($"""
            select {AuditRows.Columns}, e.log from {AuditRows.From}
            where e.log = (select max(ordinal) from audit_log) and e.seq = $1
            """);
        Add(select, NpgsqlDbType.Bigint, seq);
        var found = await ReadAsync(select, cancellation);
        return found.Count == 0 ? null : found[0].Row;
    }

    private static async Task<IReadOnlyList<(int Log, AuditRow Row)>> ReadAsync(NpgsqlCommand select, CancellationToken cancellation)
    {
        var rows = new List<(int, AuditRow)>();
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add((reader.GetInt32(16), AuditRows.Read(reader)));
        }

        return rows;
    }

    private static void Add(NpgsqlCommand command, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
}
