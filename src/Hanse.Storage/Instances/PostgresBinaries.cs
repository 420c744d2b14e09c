using System.Globalization;

namespace Hanse.Storage.Instances;

/// <summary>The programs of one installed major version of PostgreSQL.</summary>
internal sealed record PostgresBinaries(string Folder, int Version)
{
    /// <summary>Where Debian and Red Hat put them: the folder's name before and after the major version.</summary>
    private static readonly (string Parent, string Prefix)[] Packaged = [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")];

    public string InitDb => Path.Combine(Folder, "initdb");

    public string PgCtl => Path.Combine(Folder, "pg_ctl");

    public string Postgres => Path.Combine(Folder, "postgres");

    /// <summary>The version that the data was made with or, for new data (null), the newest.</summary>
    /// <exception cref="StorageRefusedException">It is not installed.</exception>
    public static PostgresBinaries Find(string? folder, int? dataVersion)
    {
        if (folder is not null)
        {
            return File.Exists(Path.Combine(folder, "pg_ctl"))
                ? new PostgresBinaries(folder, dataVersion ?? 0)
                : throw Missing($"There is no pg_ctl in {folder}.");
        }

        var installed = Packaged.SelectMany(place => Search(place.Parent, place.Prefix)).OrderByDescending(found => found.Version).ToList();
        var chosen = dataVersion is null ? installed.FirstOrDefault() : installed.Find(found => found.Version == dataVersion);
        if (chosen is not null)
        {
            return chosen;
        }

        throw installed.Count == 0
            ? Missing("PostgreSQL is not installed.")
            : Missing($"The data was made by PostgreSQL {dataVersion}, and only {string.Join(", ", installed.Select(found => found.Version))} " +
                $"is installed. Install postgresql-{dataVersion} as well, or move the data with pg_upgrade.");
    }

    private static IEnumerable<PostgresBinaries> Search(string parent, string prefix)
    {
        var folders = Directory.Exists(parent) ? Directory.EnumerateDirectories(parent, prefix + "*") : [];
        foreach (var folder in folders)
        {
            var binaries = Path.Combine(folder, "bin");
            if (int.TryParse(Path.GetFileName(folder)[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var version) &&
                File.Exists(Path.Combine(binaries, "pg_ctl")) && File.Exists(Path.Combine(binaries, "initdb")))
            {
                yield return new PostgresBinaries(binaries, version);
            }
        }
    }

    private static StorageRefusedException Missing(string what) => new(
        StorageErrorCodes.PostgresMissing,
        $"{what} Hanse needs one to start its own (Debian: apt-get install postgresql), or a connection string (postgres.connectionString).");
}
