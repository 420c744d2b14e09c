namespace Hanse.Storage.Migrations;

/// <summary>Decides from a set and the rows of a database what is to be applied next, or why the database is refused.</summary>
internal static class MigrationPlanner
{
    /// <summary>The migrations still to be applied, lowest number first.</summary>
    /// <exception cref="StorageRefusedException">The database is newer than the set, or an applied migration was edited.</exception>
    public static IReadOnlyList<Migration> Pending(MigrationSet set, IReadOnlyCollection<AppliedMigration> applied)
    {
        var known = set.Migrations.ToDictionary(migration => migration.Number);
        var newer = applied.Where(row => !known.ContainsKey(row.Number)).OrderBy(row => row.Number).ToList();
        if (newer.Count > 0)
        {
            throw new StorageRefusedException(
                StorageErrorCodes.DatabaseNewer,
                $"The database is newer than this program: {set.Name} has no migration {string.Join(", ", newer)}, which the database " +
                "has been through. A later release of Hanse has used it. Start that release or a later one, or restore a backup from before.");
        }

        foreach (var row in applied)
        {
            var migration = known[row.Number];
            if (row.Name != migration.Name || row.Fingerprint != migration.Fingerprint)
            {
                throw new StorageRefusedException(
                    StorageErrorCodes.MigrationEdited,
                    $"Migration {migration} of {set.Name} is not the one that the database went through ({row}): a released migration was " +
                    "edited. Restore its text, and put the change into a new migration with the next number.");
            }
        }

        var done = applied.Select(row => row.Number).ToHashSet();
        return [.. set.Migrations.Where(migration => !done.Contains(migration.Number))];
    }
}
