namespace Hanse.Storage.Backups;

/// <summary>What a backup holds, in its order. It comes first, so that a restore knows the schema before the rows.</summary>
/// <param name="Version">Of the program that made it.</param>
/// <param name="SetName">The migrations that the schema is made of.</param>
/// <param name="Migrations">Those that were applied, with their fingerprints.</param>
/// <param name="Tables">Parents before children, with the columns that are copied.</param>
/// <param name="Sequences">Where identity columns go on.</param>
/// <param name="Files">Key files, by their names inside the node's folder.</param>
public sealed record BackupManifest(
    string Version, string SetName, IReadOnlyList<BackupMigration> Migrations, IReadOnlyList<BackupTable> Tables, IReadOnlyList<BackupSequence> Sequences,
    IReadOnlyList<string> Files);

public sealed record BackupMigration(int Number, string Name, string Fingerprint);

public sealed record BackupTable(string Name, IReadOnlyList<string> Columns);

/// <param name="Table">Whose column it is.</param>
/// <param name="Column">The identity column.</param>
/// <param name="Next">The next number to be given.</param>
public sealed record BackupSequence(string Table, string Column, long Next);

/// <summary>The last section: what was written, to be compared with what was read.</summary>
/// <param name="Bytes">Of each table's rows and of each file.</param>
/// <param name="Sha256">Of the same.</param>
public sealed record BackupTally(IReadOnlyDictionary<string, long> Bytes, IReadOnlyDictionary<string, string> Sha256);
