using System.Globalization;
using Hanse.Storage.Instances;
using Hanse.Storage.Migrations;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Hanse.TestKit;

/// <summary>
/// The one real PostgreSQL of a test process: the server that <c>HANSE_TEST_POSTGRES</c> names by connection string (whose account may
/// create databases), else a private one, started at first use and stopped when the process ends. It gives up durability for speed.
/// What a killed test process left behind is cleared away by the next.
/// </summary>
public static class PostgresFixture
{
    private const string Variable = "HANSE_TEST_POSTGRES";

    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static readonly Dictionary<string, string> Templates = new(StringComparer.Ordinal);
    private static string? _admin;
    private static int _count;

    /// <summary>A connection string whose account may create databases on the server.</summary>
    public static async Task<string> AdminConnectionStringAsync()
    {
        await Gate.WaitAsync();
        try
        {
            return await AdminAsync();
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>A new database with the schema of the sets, as a copy of a template that is migrated once a process.</summary>
    internal static async Task<NpgsqlConnectionStringBuilder> CloneAsync(IReadOnlyList<MigrationSet> sets)
    {
        await Gate.WaitAsync();
        try
        {
            var admin = await AdminAsync();
            var key = string.Join(',', sets.Select(set => set.Name + ':' + string.Join(',', set.Migrations.Select(step => step.Fingerprint))));
            if (!Templates.TryGetValue(key, out var template))
            {
                template = await MakeTemplateAsync(admin, sets);
                Templates.Add(key, template);
            }

            var name = NextName();
            await ExecuteAsync(admin, $"create database {name} template {template}");
            return Target(admin, name);
        }
        finally
        {
            Gate.Release();
        }
    }

    internal static Task DropAsync(string database) => ExecuteAsync(_admin!, $"drop database if exists {database} with (force)");

    private static async Task<string> AdminAsync()
    {
        if (_admin is null)
        {
            var given = Environment.GetEnvironmentVariable(Variable);
            _admin = string.IsNullOrEmpty(given) ? await StartAsync() : given;
            if (!string.IsNullOrEmpty(given))
            {
                AppDomain.CurrentDomain.ProcessExit += (_, _) => DropTemplates();
            }
        }

        return _admin;
    }

    private static async Task<string> StartAsync()
    {
        // The account of PostgreSQL must be able to enter it, which a folder under root's own TMPDIR may not allow.
        var parent = $"/tmp/hanse-tests-{Environment.UserName}";
        Directory.CreateDirectory(parent);
        await ClearLeftoversAsync(parent);
        var folder = Path.Combine(parent, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        var instance = await PostgresInstance.StartAsync(Options(folder), TimeProvider.System, NullLogger.Instance);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            instance.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Directory.Delete(folder, recursive: true);
        };
        return instance.AdminConnectionString;
    }

    private static PostgresInstanceOptions Options(string folder) => new()
    {
        Folder = folder,
        Roles = [],

        // The data is thrown away, and the test runner gives a process that ends only a moment.
        StopLimit = TimeSpan.Zero,
        Settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["fsync"] = "off",
            ["synchronous_commit"] = "off",
            ["full_page_writes"] = "off",
            ["max_connections"] = "300",
        },
    };

    private static async Task ClearLeftoversAsync(string parent)
    {
        foreach (var folder in Directory.EnumerateDirectories(parent))
        {
            var owner = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            if (Directory.Exists($"/proc/{owner}"))
            {
                continue;
            }

            // Adopts what is left of it, so that it can be stopped.
            var instance = await PostgresInstance.StartAsync(Options(folder), TimeProvider.System, NullLogger.Instance);
            await instance.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> MakeTemplateAsync(string admin, IReadOnlyList<MigrationSet> sets)
    {
        var name = NextName();
        await ExecuteAsync(admin, $"create database {name}");
        await using var source = NpgsqlDataSource.Create(Target(admin, name));
        foreach (var set in sets)
        {
            await new Migrator(source, TimeProvider.System).ApplyAsync(set);
        }

        return name;
    }

    private static void DropTemplates()
    {
        foreach (var template in Templates.Values)
        {
            DropAsync(template).GetAwaiter().GetResult();
        }
    }

    private static string NextName() => string.Create(CultureInfo.InvariantCulture, $"test_{Environment.ProcessId}_{++_count}");

    private static NpgsqlConnectionStringBuilder Target(string admin, string database) =>
        new(admin) { Database = database, MaxPoolSize = 30, ApplicationName = database };

    private static async Task ExecuteAsync(string admin, string statement)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false });
        await using var command = source.CreateCommand(statement);
        await command.ExecuteNonQueryAsync();
    }
}
