using System.Security.Cryptography;
using System.Text.Json;
using Hanse.Storage.Migrations;
using Npgsql;

namespace Hanse.Storage.Backups;

/// <summary>Puts a backup back, all of it or nothing: (1) the manifest is compared with this program's migrations; (2) in the caller's transaction the database
/// is emptied and its schema made as it was; (3) rows go back in, every constraint in force; (4) key files are handed over; (5) what was read is
/// compared with what was written. The caller commits after it has read the end.</summary>
public sealed class BackupReader(Migrator migrator, MigrationSet migrations)
{
    /// <returns>The manifest, and the files by name.</returns>
    /// <exception cref="BackupException">It is damaged, or of a later program; the transaction must be rolled back.</exception>
    public async Task<(BackupManifest Manifest, IReadOnlyDictionary<string, byte[]> Files)> LoadAsync(
        Stream source, NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(source, transaction, cancellation);
        }
        catch (Exception broken) when (broken is EndOfStreamException or JsonException)
        {
            throw Damaged("its content ends too soon");
        }
        catch (PostgresException refused)
        {
            throw Damaged($"the database does not take its rows: {refused.MessageText}");
        }
    }

    private async Task<(BackupManifest Manifest, IReadOnlyDictionary<string, byte[]> Files)> ReadAsync(
        Stream source, NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        // 1
        var (kind, _) = await BackupSections.NextAsync(source, cancellation);
        var manifest = kind == BackupSections.Manifest
            ? JsonSerializer.Deserialize<BackupManifest>(await BackupSections.ReadAllAsync(source, cancellation), BackupWriter.Json) ?? throw Damaged("it has no manifest")
            : throw Damaged("it has no manifest");
        var steps = Steps(manifest);

        // 2
        await DatabaseCopy.EmptyAsync(transaction, cancellation);
        await migrator.ReplayAsync(transaction, migrations, steps, cancellation);

        var files = new Dictionary<string, byte[]>();
        var (bytes, digests) = (new Dictionary<string, long>(), new Dictionary<string, string>());
        while (true)
        {
            (kind, var name) = await BackupSections.NextAsync(source, cancellation);
            switch (kind)
            {
                case BackupSections.Table:
                    // 3
                    (bytes[name], digests[name]) = await RowsAsync(
                        source, transaction, manifest.Tables.FirstOrDefault(t => t.Name == name) ?? throw Damaged($"table {name} is not in its manifest"), cancellation);
                    break;
                case BackupSections.File:
                    // 4
                    files[name] = await BackupSections.ReadAllAsync(source, cancellation);
                    (bytes[name], digests[name]) = (files[name].Length, Convert.ToHexStringLower(SHA256.HashData(files[name])));
                    break;
                case BackupSections.End:
                    // 5
                    var tally = JsonSerializer.Deserialize<BackupTally>(await BackupSections.ReadAllAsync(source, cancellation), BackupWriter.Json);
                    if (tally is null || tally.Bytes.Count != manifest.Tables.Count + manifest.Files.Count
                        || tally.Bytes.Any(b => bytes.GetValueOrDefault(b.Key, -1) != b.Value) || tally.Sha256.Any(s => digests.GetValueOrDefault(s.Key) != s.Value))
                    {
                        throw Damaged("what it holds is not what was written");
                    }

                    foreach (var sequence in manifest.Sequences)
                    {
                        await DatabaseCopy.GoOnAsync(transaction, sequence, cancellation);
                    }

                    return (manifest, files);
                default:
                    throw Damaged("it has a part that this version does not know");
            }
        }
    }

    private static async Task<(long Length, string Digest)> RowsAsync(Stream source, NpgsqlTransaction transaction, BackupTable table, CancellationToken cancellation)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        await DatabaseCopy.InAsync(
            transaction, table,
            async () =>
            {
                var block = await BackupSections.ReadBlockAsync(source, cancellation);
                digest.AppendData(block);
                length += block.Length;
                return block;
            },
            cancellation);
        return (length, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    /// <summary>The migrations that the backup's schema is made of, each exactly as this program has it.</summary>
    private List<Migration> Steps(BackupManifest manifest)
    {
        var known = migrations.Migrations.ToDictionary(m => m.Number);
        return [.. manifest.Migrations.Select(m => manifest.SetName == migrations.Name && known.TryGetValue(m.Number, out var own) && own.Name == m.Name && own.Fingerprint == m.Fingerprint
            ? own
            : throw new BackupException(
                BackupErrorCodes.NewerSchema,
                $"The backup was made by Hanse {manifest.Version} with migration {m.Number:D4}_{m.Name}, which this program does not have. Restore it with that release or a later one. Nothing was changed."))];
    }

    private static BackupException Damaged(string how) => new(BackupErrorCodes.Damaged, $"The backup cannot be used: {how}. Nothing was changed.");
}
