using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Hanse.Audit;

/// <summary>Rows of audit_entry and audit_target: writing many at once, and reading one from a reader.</summary>
internal static class AuditRows
{
    /// <summary>The columns <see cref="Read"/> takes, in its order; <c>e</c> is the entry, <c>t</c> its target list.</summary>
    public const string Columns = """
        e.seq, e.bytes, e.leaf_hash, e.occurred_at, e.actor, e.account, e.token, e.source_address, e.operation, e.site_id,
        e.hosts_count, e.hosts_root, e.command_id, e.outcome, e.reason, t.hosts
        """;

    public const string From = "audit_entry e left join audit_target t on t.log = e.log and t.seq = e.seq";

    private const string Insert = """
        insert into audit_entry (log, seq, bytes, leaf_hash, occurred_at, actor, account, token, source_address, operation, site_id,
            hosts_count, hosts_root, command_id, outcome, reason)
        select $1, * from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        """;

    public static async Task InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, int log, IReadOnlyList<AuditRow> rows, CancellationToken cancellation)
    {
        await using var insert = new NpgsqlCommand(Insert, connection, transaction);
        insert.Parameters.AddWithValue(log);
        Add(insert, NpgsqlDbType.Bigint, rows, r => r.Facts.Seq);
        Add(insert, NpgsqlDbType.Bytea, rows, r => r.Bytes);
        Add(insert, NpgsqlDbType.Bytea, rows, r => r.LeafHash);
        Add(insert, NpgsqlDbType.TimestampTz, rows, r => r.Facts.OccurredAt);
        Add(insert, NpgsqlDbType.Text, rows, r => r.Facts.Actor);
        Add(insert, NpgsqlDbType.Text, rows, r => r.Facts.Account);
        Add(insert, NpgsqlDbType.Text, rows, r => r.Facts.Token);
        Add(insert, NpgsqlDbType.Text, rows, r => r.Facts.SourceAddress);
        Add(insert, NpgsqlDbType.Text, rows, r => r.Facts.Operation);
        Add(insert, NpgsqlDbType.Uuid, rows, r => r.Facts.Site);
        Add(insert, NpgsqlDbType.Bigint, rows, r => r.Facts.HostsCount);
        Add(insert, NpgsqlDbType.Bytea, rows, r => r.Facts.HostsRoot is { } root ? Convert.FromHexString(root) : null);
        Add(insert, NpgsqlDbType.Uuid, rows, r => r.Facts.Command);
        Add(insert, NpgsqlDbType.Text, rows, r => r.Facts.Outcome);
        Add(insert, NpgsqlDbType.Text, rows, r => r.Facts.Reason);
        await insert.ExecuteNonQueryAsync(cancellation);

        var targeted = rows.Where(r => r.Targets.Length > 0).ToArray();
        await using var targets = new NpgsqlCommand("insert into audit_target (log, seq, hosts) select $1, * from unnest($2, $3)", connection, transaction);
        targets.Parameters.AddWithValue(log);
        Add(targets, NpgsqlDbType.Bigint, targeted, r => r.Facts.Seq);
        Add(targets, NpgsqlDbType.Bytea, targeted, r => r.Targets);
        await targets.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, int log, IReadOnlyList<AuditNode> nodes, CancellationToken cancellation)
    {
        if (nodes.Count == 0)
        {
            return;
        }

        await using var insert = new NpgsqlCommand(
            "insert into audit_node (log, level, position, hash) select $1, * from unnest($2, $3, $4)", connection, transaction);
        insert.Parameters.AddWithValue(log);
        insert.Parameters.AddWithValue(nodes.Select(n => (short)n.Level).ToArray());
        insert.Parameters.AddWithValue(nodes.Select(n => (long)n.Position).ToArray());
        insert.Parameters.AddWithValue(nodes.Select(n => n.Hash).ToArray());
        await insert.ExecuteNonQueryAsync(cancellation);
    }

    public static AuditRow Read(IDataRecord row) => new(
        new()
        {
            Seq = row.GetInt64(0),
            OccurredAt = new DateTimeOffset(DateTime.SpecifyKind(row.GetDateTime(3), DateTimeKind.Utc)),
            Actor = row.GetString(4),
            Account = Text(row, 5),
            Token = Text(row, 6),
            SourceAddress = Text(row, 7),
            Operation = row.GetString(8),
            Site = Id(row, 9),
            HostsCount = row.GetInt64(10),
            HostsRoot = row.IsDBNull(11) ? null : Convert.ToHexStringLower((byte[])row.GetValue(11)),
            Command = Id(row, 12),
            Outcome = Text(row, 13),
            Reason = Text(row, 14),
        },
        (byte[])row.GetValue(1),
        (byte[])row.GetValue(2),
        row.IsDBNull(15) ? [] : (byte[])row.GetValue(15));

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, IReadOnlyList<AuditRow> rows, Func<AuditRow, T> value)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(rows[i]);
        }

        command.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private static string? Text(IDataRecord row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Guid? Id(IDataRecord row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);
}
