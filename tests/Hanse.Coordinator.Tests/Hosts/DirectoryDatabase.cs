using System.Net;
using Dapper;
using Google.Protobuf;
using Hanse.Coordinator.Hosts;
using Hanse.Coordinator.Hosts.Search;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Storage.Migrations;
using Hanse.TestKit;

namespace Hanse.Coordinator.Tests.Hosts;

/// <summary>A database with the coordinator's schema and two sites, north (key 1) and south (key 2), and the words in which tests of the directory speak.</summary>
public sealed class DirectoryDatabase : IAsyncLifetime
{
    public const int North = 1;
    public const int South = 2;

    private TestDatabase? _database;

    public ManualClock Clock { get; private init; } = new();

    public Npgsql.NpgsqlDataSource Source { get; private set; } = null!;

    internal HostDirectoryStore Store => new(new Hanse.Audit.AuditLog(Clock), Clock);

    internal HostSearch Search => new(Source, new HostSearchOptions(), TimeProvider.System);

    public static SiteId SiteOf(int key) => new(new Guid(key, 0, 0, new byte[8]));

    public static HostId Host(int number) => new(new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 7]));

    public static HostState State(string hostname, params string[] addresses) => new()
    {
        Hostname = hostname,
        Os = "debian 12.11",
        OsFamily = "linux",
        AgentVersion = "1.0.0",
        Kernel = "6.1.0",
        Status = HostStatus.Online,
        LastSeenUnixMs = 1_800_000_000_000,
        Addresses = { addresses.Select(a => ByteString.CopyFrom(IPAddress.Parse(a).GetAddressBytes())) },
    };

    public static StateEntry Entry(int host, ulong counter, HostState state) =>
        new() { Class = StateClass.Host, Key = Host(host).ToWire(), Counter = counter, Host = state };

    public static StateEntry Deletion(int host, ulong counter) =>
        new() { Class = StateClass.Host, Key = Host(host).ToWire(), Counter = counter, Deleted = true };

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(MigrationSet.FromAssembly(typeof(HostDirectoryStore).Assembly));
        Source = _database.DataSource;
        await AddSitesAsync();
    }

    /// <summary>The same words for a database that is somebody else's.</summary>
    public static async Task<DirectoryDatabase> OnAsync(Npgsql.NpgsqlDataSource source, ManualClock clock)
    {
        var directory = new DirectoryDatabase { Source = source, Clock = clock };
        await directory.AddSitesAsync();
        return directory;
    }

    private async Task AddSitesAsync()
    {
        await using var connection = await Source.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into sites_site (id, name, status, external_names, addresses, latitude, longitude, last_sync_at, created_at)
            values (@north, 'north', 1, '{}', '{}', 59.3, 18.1, @now, @now), (@south, 'south', 1, '{}', '{}', null, null, null, @now);
            insert into sites_link (site_id, replica, address, fence, connected_at) values (@north, @north, '', 1, @now)
            """,
            new { north = SiteOf(North).Value, south = SiteOf(South).Value, now = Clock.GetUtcNow().UtcDateTime });
    }

    /// <summary>Applies one batch in a transaction of its own.</summary>
    public Task<IReadOnlyList<StateRefusal>> ApplyAsync(int site, params StateEntry[] entries) => ApplyAsync(site, epoch: 1, entries);

    public async Task<IReadOnlyList<StateRefusal>> ApplyAsync(int site, int epoch, params StateEntry[] entries)
    {
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var refusals = await Store.ApplyAsync(connection, transaction, site, epoch, entries, CancellationToken.None);
        await transaction.CommitAsync();
        return refusals;
    }

    /// <summary>Every row as text, for comparing whole tables.</summary>
    public async Task<IReadOnlyList<string>> RowsAsync()
    {
        await using var connection = await Source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(
            "select concat_ws(' ', id, site, epoch, counter, hostname, status, addresses::text, tags::text) from hosts_host order by id")];
    }

    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql);
    }

    internal async Task<IReadOnlyList<string>> NamesAsync(HostQuery query) =>
        [.. (await Search.SearchAsync(query, CancellationToken.None)).Items.Select(h => h.Hostname)];

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;
}
