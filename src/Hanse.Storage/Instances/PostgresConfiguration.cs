using System.Globalization;
using System.Text;

namespace Hanse.Storage.Instances;

/// <summary>Writes PostgreSQL's configuration files before each start, so that a new release of Hanse brings its own.</summary>
internal static class PostgresConfiguration
{
    /// <summary>The account of the database that owns the instance; the roles' own accounts are not superusers.</summary>
    public const string Superuser = "hanse";

    public const int Port = 5432;

    private const string LocalFile = "local.conf";

    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static void Write(string dataFolder, string socketFolder, PostgresInstanceOptions options, ServerAccount account)
    {
        WriteFile(dataFolder, "postgresql.conf", Settings(socketFolder, options.Settings));
        if (!File.Exists(Path.Combine(dataFolder, LocalFile)))
        {
            WriteFile(dataFolder, LocalFile, "# Your own settings, over those of postgresql.conf. Hanse never changes this file.\n");
        }

        WriteFile(dataFolder, "pg_hba.conf", "local all all peer map=hanse\n");
        WriteFile(dataFolder, "pg_ident.conf", Identities([account.Name, Environment.UserName, "root"], [Superuser, .. options.Roles]));
    }

    internal static string Settings(string socketFolder, IReadOnlyDictionary<string, string> overrides)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024 * 1024);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Reached by Unix socket alone.
            ["listen_addresses"] = "",
            ["unix_socket_directories"] = socketFolder,
            ["port"] = Port.ToString(CultureInfo.InvariantCulture),
            ["max_connections"] = "120",
            // Room for the directory of a million hosts where there is memory for it: what lies in PostgreSQL's own pages is found a tenth faster.
            ["shared_buffers"] = string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(memory / 24, 64, 1024)}MB"),
            ["max_wal_size"] = "512MB",
            ["min_wal_size"] = "64MB",
            ["checkpoint_timeout"] = "15min",
            // A site that comes back changes thousands of rows in a second: what they leave is room for the next ones only once a vacuum has come by.
            ["autovacuum_naptime"] = "15s",
            // Many short queries: compiling them costs more than it saves.
            ["jit"] = "off",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
            ["log_line_prefix"] = "%m [%p] %d ",
            ["log_min_messages"] = "warning",
            // Statements and their values may hold what no log may hold.
            ["log_min_error_statement"] = "panic",
            ["log_parameter_max_length_on_error"] = "0",
        };
        foreach (var (name, value) in overrides)
        {
            settings[name] = value;
        }

        var text = new StringBuilder($"# Written by hanse at each start. Settings of your own: {LocalFile} in this folder.\n");
        foreach (var (name, value) in settings)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name} = '{value.Replace("'", "''", StringComparison.Ordinal)}'\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"include = '{LocalFile}'\n").ToString();
    }

    // Every pair is spelt out: before PostgreSQL 16 a map has no word for any database account.
    private static string Identities(IEnumerable<string> accounts, IReadOnlyList<string> users) => string.Concat(
        from account in accounts.Distinct(StringComparer.Ordinal)
        from user in users
        select $"hanse \"{account}\" \"{user}\"\n");

    private static void WriteFile(string folder, string name, string text)
    {
        var path = Path.Combine(folder, name);
        var next = path + ".new";
        File.WriteAllText(next, text);
        File.SetUnixFileMode(next, Readable);
        File.Move(next, path, overwrite: true);
    }
}
