using Hanse.TestKit;
using Npgsql;

namespace Hanse.EndToEnd.Tests;

/// <summary>The directory is spoiled by a hand in the coordinator's database; the comparison finds what is wrong, the sites send it again, and a second one finds nothing.</summary>
[Collection(Demo.OneAtATime)]
public sealed class ReconcileTests
{
    private const int Simulated = 40;
    private readonly Demo _demo = new();

    [Fact]
    public async Task A_spoiled_directory_is_mended_by_the_site_and_counted()
    {
        await using var demo = _demo;
        (await demo.UpAsync("--detach", "--simulate", $"{Simulated}")).Succeeded();
        var socket = (await demo.FindAsync("postgresql", "coordinator")).Address;
        await using var database = NpgsqlDataSource.Create($"Host={socket};Username=hanse;Database=coordinator");
        await Wait.For("every host to be in the directory, and both sites to have told all", async () =>
            (await DirectoryAsync(database)).Count >= Simulated && (await demo.JsonAsync("site", "list")).AsArray().All(s => (long)s!["queueDepth"]! == 0));
        var site = await ScalarAsync<string>(database, "select s.name from sites_site s join hosts_host h on h.site = s.key group by s.name order by count(*) desc limit 1");
        await Wait.For("nothing to be on its way", async () =>
        {
            var result = await demo.JsonAsync("site", "reconcile", site);
            return (long)result["mended"]! == 0 && (long)result["bucketsDifferent"]! == 0;
        });
        var truth = await DirectoryAsync(database);

        await ScalarAsync<object>(database, $"delete from hosts_host where id = (select min(id::text)::uuid from hosts_host h where {Of(site)})");
        await ScalarAsync<object>(database, $"update hosts_host set hostname = 'spoiled' where id = (select max(id::text)::uuid from hosts_host h where {Of(site)})");
        await ScalarAsync<object>(database, $"""
            insert into hosts_host select gen_random_uuid(), 1, 0, last_seen, site, epoch, platform, agent_version, kernel, status, 'ghost', '{"{}"}', '{"{}"}' from hosts_host h where {Of(site)} limit 1
            """);
        Assert.NotEqual(truth, await DirectoryAsync(database));

        var found = await demo.JsonAsync("site", "reconcile", site);

        Assert.Equal((1, 1, 1, 3), ((long)found["missing"]!, (long)found["differing"]!, (long)found["ghosts"]!, (long)found["mended"]!));
        Assert.True((long)found["bytes"]! < 4_000, $"{found["bytes"]} bytes");
        await Wait.For("the directory to be as it was", async () => truth.SequenceEqual(await DirectoryAsync(database), StringComparer.Ordinal));
        var again = await demo.JsonAsync("site", "reconcile", site);
        Assert.Equal((0, 0), ((long)again["mended"]!, (long)again["bucketsDifferent"]!));
        Assert.Equal((long)again["hosts"]!, (long)(await demo.JsonAsync("site", "show", site))["reconciliation"]!["hosts"]!);
        Assert.Contains((await demo.JsonAsync("audit", "list", "--operation", "site.reconcile.outcome")).AsArray(), e => (string?)e!["outcome"] == "done");
        Assert.Contains("mended 0", (await demo.HanseAsync("site", "show", site)).Succeeded().Output, StringComparison.Ordinal);

        (await demo.HanseAsync("site", "suspend", site)).Succeeded();
        var refused = await demo.HanseAsync("site", "reconcile", site);
        Assert.Equal(6, refused.ExitCode);
        Assert.Contains("site-suspended", refused.Error, StringComparison.Ordinal);
        Assert.Equal(3, (await demo.HanseAsync("site", "reconcile", "nowhere")).ExitCode);
    }

    private static string Of(string site) => $"h.site = (select key from sites_site where name = '{site}')";

    private static async Task<IReadOnlyList<string>> DirectoryAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand(
            "select concat_ws(' ', id, site, hostname, addresses::text, tags::text, platform, kernel, agent_version, status) from hosts_host order by id");
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
