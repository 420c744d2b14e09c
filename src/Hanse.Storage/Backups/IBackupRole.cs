using Hanse.Storage.Migrations;
using Npgsql;

namespace Hanse.Storage.Backups;

/// <summary>What a role knows of its own backups. Needs no running server: restoring and verifying ask the same.</summary>
public interface IBackupRole
{
    /// <summary>See <see cref="DatabaseRoles"/>.</summary>
    string Role { get; }

    string Version { get; }

    MigrationSet Migrations { get; }

    /// <summary>Key files that are sealed inside, and where each belongs.</summary>
    IReadOnlyList<(string Name, string Path)> Files { get; }

    /// <summary>Whether a table holds what nobody but this node has: all that a backup of keys keeps.</summary>
    bool IsKeys(string table);

    /// <summary>Whose data the database holds: identity and name; null while it is nobody's.</summary>
    Task<(string Node, string Name)?> NodeAsync(NpgsqlTransaction transaction, CancellationToken cancellation);

    /// <summary>What is wrong with what was restored, keys and all; null when a server could start on it.</summary>
    Task<string?> FaultAsync(NpgsqlTransaction transaction, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellation);

    /// <summary>Makes of restored data a new life, in the transaction that restores it (U5, U6).</summary>
    Task ReviveAsync(NpgsqlTransaction transaction, BackupHeader header, CancellationToken cancellation);
}
