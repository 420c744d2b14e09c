using Dapper;
using Npgsql;

namespace Hanse.Storage.Backups;

/// <summary>The tables of a role's database, in and out, in PostgreSQL's binary copy format, whose types are all of its own making.</summary>
internal static class DatabaseCopy
{
    private const int BlockBytes = 256 * 1024;

    /// <summary>Tables that reference none but earlier ones come first, so that rows can be put back with every constraint in force.</summary>
    public static async Task<IReadOnlyList<BackupTable>> TablesAsync(NpgsqlTransaction snapshot, CancellationToken cancellation)
    {
        var columns = (await snapshot.Connection!.QueryAsync<(string Table, string Column)>(new CommandDefinition(
            """
            select c.relname, a.attname
            from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname <> 'storage_migrations'
              and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            order by c.relname, a.attnum
            """,
            null, snapshot, cancellationToken: cancellation))).GroupBy(c => c.Table).ToDictionary(g => g.Key, g => g.Select(c => c.Column).ToList());
        var parents = (await snapshot.Connection!.QueryAsync<(string Child, string Parent)>(new CommandDefinition(
            """
            select c.relname, p.relname from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_class p on p.oid = f.confrelid
            where f.contype = 'f' and f.connamespace = current_schema()::regnamespace and c.oid <> p.oid
            """,
            null, snapshot, cancellationToken: cancellation))).ToLookup(r => r.Child, r => r.Parent);
        var ordered = new List<BackupTable>();
        var waiting = columns.Keys.Order(StringComparer.Ordinal).ToList();
        while (waiting.Count > 0)
        {
            var next = waiting.Find(t => !parents[t].Any(waiting.Contains)) ?? throw new InvalidOperationException($"The tables {string.Join(", ", waiting)} reference each other.");
            waiting.Remove(next);
            ordered.Add(new(next, columns[next]));
        }

        return ordered;
    }

    public static async Task<IReadOnlyList<BackupSequence>> SequencesAsync(NpgsqlTransaction snapshot, CancellationToken cancellation) =>
        [.. (await snapshot.Connection!.QueryAsync<(string Table, string Column, long Next)>(new CommandDefinition(
            """
            select c.relname, a.attname, coalesce(s.last_value, 0) + 1
            from pg_class c join pg_attribute a on a.attrelid = c.oid
            join pg_sequences s on format('%I.%I', s.schemaname, s.sequencename)::regclass = pg_get_serial_sequence(c.oid::regclass::text, a.attname)::regclass
            where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attidentity <> ''
            order by c.relname
            """,
            null, snapshot, cancellationToken: cancellation))).Select(s => new BackupSequence(s.Table, s.Column, s.Next))];

    public static async Task OutAsync(NpgsqlTransaction snapshot, BackupTable table, Func<ReadOnlyMemory<byte>, Task> take, CancellationToken cancellation)
    {
        await using var copy = await snapshot.Connection!.BeginRawBinaryCopyAsync($"copy {Quote(table.Name)} ({Columns(table)}) to stdout (format binary)", cancellation);
        var buffer = new byte[BlockBytes];
        while (await copy.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            await take(buffer.AsMemory(0, read));
        }
    }

    public static async Task InAsync(NpgsqlTransaction transaction, BackupTable table, Func<Task<byte[]>> give, CancellationToken cancellation)
    {
        await using var copy = await transaction.Connection!.BeginRawBinaryCopyAsync($"copy {Quote(table.Name)} ({Columns(table)}) from stdin (format binary)", cancellation);
        while (await give() is { Length: > 0 } block)
        {
            await copy.WriteAsync(block, cancellation);
        }
    }

    public static Task GoOnAsync(NpgsqlTransaction transaction, BackupSequence sequence, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "select setval(pg_get_serial_sequence(@table, @column), @next, false)",
            new { table = Quote(sequence.Table), column = sequence.Column, next = sequence.Next }, transaction, cancellationToken: cancellation));

    /// <summary>Everything of the role goes, in the caller's transaction.</summary>
    public static Task EmptyAsync(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition("drop schema public cascade; create schema public", transaction: transaction, cancellationToken: cancellation));

    private static string Columns(BackupTable table) => string.Join(", ", table.Columns.Select(Quote));

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
