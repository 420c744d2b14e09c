using Dapper;
using Npgsql;

namespace Hanse.Storage.Migrations;

/// <summary>
/// Brings a database to the schema of a <see cref="MigrationSet"/>. Each migration is one transaction together with its row in
/// <c>storage_migrations</c>, so a crash leaves it done or not begun. Any number of migrators may run at once on one database: an
/// advisory lock lets one in at a time, and the next finds the work done.
/// </summary>
public sealed class Migrator(NpgsqlDataSource database, TimeProvider time)
{
    // Any constant will do, as long as no other lock of ours uses it: the bytes of "hansemig".
    private const long LockKey = 0x68616E73656D6967;

    private const string Prepare = """
        select pg_advisory_xact_lock(@key);
        create table if not exists storage_migrations (
            set_name text not null,
            number int not null,
            name text not null,
            fingerprint text not null,
            applied_at timestamptz not null,
            primary key (set_name, number));
        """;

    /// <summary>Applies what is missing and returns its names, in order; empty when there was nothing to do.</summary>
    /// <exception cref="StorageRefusedException">
    /// The database is newer than the program, an applied migration was edited, or a migration failed (the database is then as the
    /// migration before left it).
    /// </exception>
    public async Task<IReadOnlyList<string>> ApplyAsync(MigrationSet set, CancellationToken cancel = default)
    {
        var names = new List<string>();
        await using var connection = await database.OpenConnectionAsync(cancel);
        while (await ApplyNextAsync(connection, set, cancel) is { } migration)
        {
            names.Add(migration.ToString());
        }

        if (names.Count > 0)
        {
            // A migration may have made types or extensions that the pool's connections have not heard of.
            await connection.ReloadTypesAsync(cancel);
        }

        return names;
    }

    /// <summary>Makes a schema as it once was, of exactly these steps, in the caller's transaction; the database must be empty.</summary>
    /// <exception cref="StorageRefusedException">A migration failed; the transaction must be rolled back.</exception>
    public async Task ReplayAsync(NpgsqlTransaction transaction, MigrationSet set, IReadOnlyList<Migration> steps, CancellationToken cancel = default)
    {
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(Prepare, new { key = LockKey }, transaction, 0, cancellationToken: cancel));
        foreach (var step in steps)
        {
            await RunAsync(transaction.Connection!, transaction, set, step, cancel);
        }
    }

    private async Task<Migration?> ApplyNextAsync(NpgsqlConnection connection, MigrationSet set, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(new CommandDefinition(Prepare, new { key = LockKey }, transaction, 0, cancellationToken: cancel));
        var rows = await connection.QueryAsync<AppliedMigration>(new CommandDefinition(
            "select number, name, fingerprint from storage_migrations where set_name = @name",
            new { name = set.Name }, transaction, cancellationToken: cancel));
        var next = MigrationPlanner.Pending(set, rows.AsList()).FirstOrDefault();
        if (next is not null)
        {
            await RunAsync(connection, transaction, set, next, cancel);
        }

        await transaction.CommitAsync(cancel);
        return next;
    }

    private async Task RunAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, MigrationSet set, Migration migration, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand(migration.Sql, connection, transaction) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException error)
        {
            throw new StorageRefusedException(
                StorageErrorCodes.MigrationFailed,
                $"Migration {migration} of {set.Name} failed, and the database is as it was before it: {error.MessageText} " +
                $"(SQLSTATE {error.SqlState}, position {error.Position}).",
                error);
        }

        await connection.ExecuteAsync(new CommandDefinition(
            "insert into storage_migrations (set_name, number, name, fingerprint, applied_at) values (@set, @number, @name, @print, @now)",
            new { set = set.Name, number = migration.Number, name = migration.Name, print = migration.Fingerprint, now = time.GetUtcNow() },
            transaction,
            cancellationToken: cancel));
    }
}
