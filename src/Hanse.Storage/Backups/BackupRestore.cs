using System.Data;
using Hanse.Storage.Migrations;
using Npgsql;

namespace Hanse.Storage.Backups;

/// <summary>Puts a backup in place of a role's data, all or nothing: (1) passphrase, role and identity are checked; (2) the database is loaded in one transaction and
/// judged by the role; (3) only when the file's very end was read and fits, the key files are laid ready beside their places; (4) commit; (5) they are put in place,
/// and what lay there is kept as <c>….before-restore</c>. A failure before 4 leaves everything as it was; after a crash between 4 and 5 the same restore is repeated.</summary>
public sealed class BackupRestore(NpgsqlDataSource database, IBackupRole role, TimeProvider time)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="file">The backup.</param>
    /// <param name="passphrase">Its passphrase.</param>
    /// <param name="replace">Whether data of the same node may be replaced.</param>
    /// <param name="place">False to try it only: nothing is committed and no file is written.</param>
    /// <param name="cancellation">Ends it with nothing changed.</param>
    /// <exception cref="BackupException">Why not; nothing was changed.</exception>
    public async Task<RestoredBackup> RunAsync(Stream file, string passphrase, bool replace, bool place, CancellationToken cancellation)
    {
        // 1
        await using var opener = await BackupOpener.OpenAsync(file, passphrase, cancellation);
        var header = opener.Header;
        if (header.Role != role.Role)
        {
            throw new BackupException(BackupErrorCodes.OtherRole, $"This is a backup of a {header.Role} ({header.Name}), not of a {role.Role}. Nothing was changed.");
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
        Refuse(header, await role.NodeAsync(transaction, cancellation), replace);

        // 2
        var (manifest, files) = await new BackupReader(new Migrator(database, time), role.Migrations).LoadAsync(opener, transaction, cancellation);
        if (await opener.ReadAsync(new byte[1], cancellation) > 0)
        {
            throw new BackupException(BackupErrorCodes.Damaged, "The backup goes on after its end. Nothing was changed.");
        }

        var digest = Convert.ToHexStringLower(await opener.DigestAsync(cancellation));
        if (await role.FaultAsync(transaction, files, cancellation) is { } fault)
        {
            throw new BackupException(BackupErrorCodes.Damaged, $"What the backup holds cannot be used: {fault} Nothing was changed.");
        }

        var restored = new RestoredBackup(header, manifest.Tables.Count, manifest.Files, digest);
        if (!place)
        {
            return restored;
        }

        await role.ReviveAsync(transaction, header, cancellation);

        // 3
        var places = role.Files.Where(f => files.ContainsKey(f.Name)).ToList();
        foreach (var (name, path) in places)
        {
            Lay(path + ".restored", files[name]);
        }

        // 4
        await transaction.CommitAsync(cancellation);

        // 5
        foreach (var (_, path) in role.Files)
        {
            if (File.Exists(path))
            {
                File.Move(path, path + ".before-restore", overwrite: true);
            }
        }

        foreach (var (_, path) in places)
        {
            File.Move(path + ".restored", path, overwrite: true);
        }

        return restored;
    }

    private void Refuse(BackupHeader header, (string Node, string Name)? held, bool replace)
    {
        if (held is { } other && other.Node != header.Node)
        {
            throw new BackupException(
                BackupErrorCodes.OtherIdentity,
                $"The data here is that of {other.Name} ({other.Node}), and the backup is of {header.Name} ({header.Node}). Give an empty data folder. Nothing was changed.");
        }

        if (held is { } same && !replace)
        {
            throw new BackupException(
                BackupErrorCodes.Occupied,
                $"There is data of {same.Name} here already. Say --replace to put the backup of {header.CreatedAt:u} in its place: what came after it is lost here. Nothing was changed.");
        }
    }

    private static void Lay(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly | UnixFileMode.UserExecute);
        File.Delete(path);
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        file.Write(content);
        file.Flush(flushToDisk: true);
    }
}

/// <param name="Header">What it is of.</param>
/// <param name="Tables">How many tables it has.</param>
/// <param name="Files">Its key files.</param>
/// <param name="Digest">SHA-256 of the whole file, hexadecimal.</param>
public sealed record RestoredBackup(BackupHeader Header, int Tables, IReadOnlyList<string> Files, string Digest);
