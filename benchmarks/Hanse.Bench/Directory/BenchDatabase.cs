using Dapper;
using Hanse.Bench.Harness;
using Hanse.Coordinator.Hosts.Search;
using Hanse.Storage;
using Hanse.Storage.Instances;
using Hanse.Storage.Migrations;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Hanse.Bench.Directory;

/// <summary>A private PostgreSQL with Hanse's own settings, durability included, and the coordinator's schema; gone when disposed.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private readonly PostgresInstance _instance;
    private readonly string _folder;

    private BenchDatabase(PostgresInstance instance, string folder, NpgsqlDataSource source) => (_instance, _folder, Source) = (instance, folder, source);

    public NpgsqlDataSource Source { get; }

    /// <summary>Processor time of the server and of this process.</summary>
    public TimeSpan Cpu => CpuClock.Spent(_instance.ProcessId);

    public static async Task<BenchDatabase> StartAsync()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("hanse-bench-").FullName;
        // The account of PostgreSQL must be able to enter it.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var instance = await PostgresInstance.StartAsync(
            new() { Folder = Path.Combine(folder, "postgres"), Roles = [] }, TimeProvider.System, NullLogger.Instance);
        var source = NpgsqlDataSource.Create(
            PostgresServer.Prepared(new NpgsqlConnectionStringBuilder(instance.AdminConnectionString) { CommandTimeout = 600 }));
        await new Migrator(source, TimeProvider.System).ApplyAsync(MigrationSet.FromAssembly(typeof(HostSearch).Assembly));
        var database = new BenchDatabase(instance, folder, source);
        Leftovers.Add(database);
        return database;
    }

    public async Task AddSitesAsync(int sites, DateTimeOffset now)
    {
        await using var connection = await Source.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into sites_site (id, name, status, external_names, addresses, latitude, longitude, last_sync_at, created_at)
            select id, name, 1, '{}', '{}', 50 + (place % 10), 8 + (place % 12), @now, @now
            from unnest(@ids, @names) with ordinality s(id, name, place) order by place;
            insert into sites_link (site_id, replica, address, fence, connected_at) select id, id, '', 1, @now from sites_site
            """,
            new
            {
                now = now.UtcDateTime,
                ids = Enumerable.Range(0, sites).Select(SiteId).ToArray(),
                names = Enumerable.Range(0, sites).Select(Fleet.SiteName).ToArray(),
            });
    }

    public static Guid SiteId(int site) => new(site + 1, 0, 0, new byte[8]);

    /// <summary>Deletes some rows, changes some, and copies some under ids that no site has.</summary>
    public async Task SpoilAsync(IReadOnlyList<Guid> deleted, IReadOnlyList<Guid> changed, IReadOnlyList<Guid> copied)
    {
        await using var connection = await Source.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            delete from hosts_host where id = any(@deleted);
            update hosts_host set hostname = hostname || '-spoiled' where id = any(@changed);
            insert into hosts_host (id, counter, machine, last_seen, site, epoch, platform, agent_version, kernel, status, hostname, addresses, tags)
            select md5(id::text)::uuid, counter, machine, last_seen, site, epoch, platform, agent_version, kernel, status, hostname, addresses, tags
            from hosts_host where id = any(@copied)
            """,
            new { deleted, changed, copied });
    }

    public async Task VacuumAsync()
    {
        await using var connection = await Source.OpenConnectionAsync();
        // As autovacuum would, which leaves an empty table alone.
        foreach (var table in await connection.QueryAsync<string>(
            "select relname from pg_class where relname like 'hosts\\_%' and relkind = 'r' and pg_relation_size(oid) > 0"))
        {
            await connection.ExecuteAsync($"vacuum (analyze) {table}");
        }
    }

    /// <summary>Bytes of each table and index of the directory, largest first.</summary>
    public async Task<IReadOnlyList<(string Name, long Bytes)>> SizesAsync()
    {
        await using var connection = await Source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<(string, long)>(
            """
            select c.relname::text, pg_table_size(c.oid) from pg_class c
            where c.relname like 'hosts\_%' and c.relkind = 'r'
            union all
            select i.relname::text, pg_relation_size(i.oid) from pg_class i join pg_index x on x.indexrelid = i.oid join pg_class t on t.oid = x.indrelid
            where t.relname like 'hosts\_%'
            order by 2 desc
            """)];
    }

    public async ValueTask DisposeAsync()
    {
        Leftovers.Remove(this);
        await Source.DisposeAsync();
        await _instance.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}
