using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Hanse.Storage.Migrations;
using Npgsql;

namespace Hanse.Storage.Backups;

/// <summary>Writes a role's database and key files while the server runs: (1) one snapshot of the database is taken, and all that follows is of that moment;
/// (2) the manifest; (3) every table; (4) the files; (5) what was written. Nothing is held in memory but a block.</summary>
public sealed class BackupWriter(NpgsqlDataSource database, MigrationSet migrations, string version)
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="target">Usually a <see cref="BackupSealer"/>.</param>
    /// <param name="wanted">Which tables; the others are empty after a restore.</param>
    /// <param name="files">Names and where each is; one that does not exist is left out.</param>
    /// <param name="noted">Called in the snapshot, to read what the backup covers.</param>
    /// <param name="cancellation">Ends it; what was written is then cut short.</param>
    public async Task WriteAsync(
        Stream target, Func<string, bool> wanted, IReadOnlyList<(string Name, string Path)> files, Func<NpgsqlTransaction, Task> noted, CancellationToken cancellation)
    {
        // 1
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var tables = (await DatabaseCopy.TablesAsync(snapshot, cancellation)).Where(t => wanted(t.Name)).ToList();
        await noted(snapshot);
        var there = files.Where(f => File.Exists(f.Path)).ToList();

        // 2
        var manifest = new BackupManifest(
            version, migrations.Name, await AppliedAsync(snapshot, cancellation), tables, await DatabaseCopy.SequencesAsync(snapshot, cancellation),
            [.. there.Select(f => f.Name)]);
        await BackupSections.WriteAsync(target, BackupSections.Manifest, "", JsonSerializer.SerializeToUtf8Bytes(manifest, Json), cancellation);

        // 3
        var (bytes, digests) = (new Dictionary<string, long>(), new Dictionary<string, string>());
        foreach (var table in tables)
        {
            await BackupSections.BeginAsync(target, BackupSections.Table, table.Name, cancellation);
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var length = 0L;
            await DatabaseCopy.OutAsync(
                snapshot, table,
                block =>
                {
                    digest.AppendData(block.Span);
                    length += block.Length;
                    return BackupSections.BlockAsync(target, block, cancellation);
                },
                cancellation);
            await BackupSections.BlockAsync(target, default, cancellation);
            (bytes[table.Name], digests[table.Name]) = (length, Convert.ToHexStringLower(digest.GetHashAndReset()));
        }

        // 4
        foreach (var (name, path) in there)
        {
            var content = await File.ReadAllBytesAsync(path, cancellation);
            await BackupSections.WriteAsync(target, BackupSections.File, name, content, cancellation);
            (bytes[name], digests[name]) = (content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
            CryptographicOperations.ZeroMemory(content);
        }

        // 5
        await BackupSections.WriteAsync(target, BackupSections.End, "", JsonSerializer.SerializeToUtf8Bytes(new BackupTally(bytes, digests), Json), cancellation);
    }

    private async Task<IReadOnlyList<BackupMigration>> AppliedAsync(NpgsqlTransaction snapshot, CancellationToken cancellation) =>
        [.. (await snapshot.Connection!.QueryAsync<(int Number, string Name, string Fingerprint)>(new CommandDefinition(
            "select number, name, fingerprint from storage_migrations where set_name = @name order by number",
            new { name = migrations.Name }, snapshot, cancellationToken: cancellation))).Select(m => new BackupMigration(m.Number, m.Name, m.Fingerprint))];
}
