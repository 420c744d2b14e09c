using System.Diagnostics;
using Dapper;
using Hanse.Bench.Harness;
using Hanse.Coordinator.Hosts.Search;

namespace Hanse.Bench.Directory;

/// <summary>The host directory at its full size, through the code that the coordinator runs: bytes a host, searches, upserts.
/// Steps: 1 load, 2 size, 3 search, 4 change states, 5 change, delete and add hosts, 6 size after vacuum, 7 search again.</summary>
internal sealed class DirectorySuite : IBenchSuite
{
    public string Name => "directory";

    public string Summary => "host directory; --hosts 1000000 --sites 500 --searches 1000 --usual-every 5 (1 = all searches the usual way too) --seed 1";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var sites = options.Get("sites", 500);
        var hosts = options.Get("hosts", 1_000_000) / sites * sites;
        var seed = options.Get("seed", 1);
        var fleet = new Fleet(sites, hosts, seed);
        await using var database = await BenchDatabase.StartAsync();
        await database.AddSitesAsync(sites, TimeProvider.System.GetUtcNow());
        var writer = new DirectoryWriter(database.Source, fleet, seed);

        // 1
        await CpuAsync("first load, through the site's state batches", hosts, async name => table.Info(name, await writer.LoadAsync(sites), "rows/s"));
        await database.VacuumAsync();

        // 2
        await SizeAsync(database, table, hosts, "bytes a host, loaded, all indexes", 350);

        // 3
        await SearchAsync(database, table, options, fleet, hosts, "", cancellation);

        // 4
        await CpuAsync("upsert, status only, a tenth of a site's hosts a batch", hosts / 5, async name =>
            table.AtLeast(name, await writer.StatusAsync(sites * 2, sites, share: 10), 30_000, "rows/s"));
        await CpuAsync("upsert, status only, every host of a site", hosts / 5, async name =>
            table.AtLeast(name, await writer.StatusAsync(sites / 5, sites, share: 1), 30_000, "rows/s"));

        // 5: of each ten hosts one is changed in every indexed column, and each twentieth is deleted and a new one added.
        await CpuAsync("upsert, name, address and tags changed", hosts / 10, async name =>
            table.AtLeast(name, await writer.ChangeAsync(sites), 12_000, "rows/s"));
        table.Info("delete and add again", await writer.ReplaceAsync(sites), "rows/s");

        // 6
        await database.VacuumAsync();
        await SizeAsync(database, table, hosts, "bytes a host after 20 % churn and vacuum", 450);

        // 7
        await SearchAsync(database, table, options, fleet, hosts, ", after churn", cancellation);

        // What a case costs in processor time, making the entries included: on a busy machine this is the figure to compare.
        async Task CpuAsync(string name, int rows, Func<string, Task> measure)
        {
            var before = database.Cpu;
            await measure(name);
            table.Note($"{(database.Cpu - before).TotalMicroseconds / rows:0.0} µs of processor time a row");
        }
    }

    private static async Task SizeAsync(BenchDatabase database, BenchTable table, int hosts, string name, double target)
    {
        var sizes = await database.SizesAsync();
        foreach (var (relation, bytes) in sizes.Where(s => s.Bytes > hosts))
        {
            table.Note($"{relation}: {(double)bytes / hosts:0.0} B a host");
        }

        await using var connection = await database.Source.OpenConnectionAsync();
        var rows = await connection.ExecuteScalarAsync<long>("select count(*) from hosts_host");
        table.AtMost(name, (double)sizes.Sum(s => s.Bytes) / rows, target, "B");
    }

    private static async Task SearchAsync(
        BenchDatabase database, BenchTable table, BenchOptions options, Fleet fleet, int hosts, string when, CancellationToken cancellation)
    {
        var search = new HostSearch(database.Source, new HostSearchOptions(), TimeProvider.System);
        var searches = new SearchMix(fleet, hosts, options.Get("seed", 1)).Take(options.Get("searches", 1_000)).ToList();
        var usualEvery = options.Get("usual-every", 5);
        Latencies ours = new(), same = new(), usual = new();
        var truncated = 0;

        // One pass to warm what a coordinator that has run for a minute has warm: pages, pools, plans of the catalogue.
        foreach (var one in searches.Take(100))
        {
            await search.SearchAsync(one.Query(), cancellation);
        }

        var cpu = TimeSpan.Zero;
        foreach (var (one, number) in searches.Select((s, i) => (s, i)))
        {
            var before = number % 10 == 9 ? database.Cpu : TimeSpan.Zero;
            var started = Stopwatch.GetTimestamp();
            var page = await search.SearchAsync(one.Query(), cancellation);
            var took = Stopwatch.GetElapsedTime(started);
            cpu += number % 10 == 9 ? database.Cpu - before : TimeSpan.Zero;
            truncated += page.Truncated ? 1 : 0;
            ours.Add(took, $"{one} → {page.Count.Value}{(page.Count.Exact ? "" : "+")} {(page.Truncated ? "truncated" : "")}");
            if (number % usualEvery == 0)
            {
                same.Add(took, "");
                started = Stopwatch.GetTimestamp();
                await UsualSearch.RunAsync(database.Source, one, cancellation);
                usual.Add(Stopwatch.GetElapsedTime(started), one.ToString());
            }
        }

        table.Note($"{cpu.TotalMilliseconds / Math.Max(1, searches.Count / 10):0.0} ms of processor time a search, mean over each tenth one");
        table.Note("The ten worst:");
        foreach (var (took, what) in ours.Worst(10))
        {
            table.Note($"  {took.TotalMilliseconds,7:0.0} ms  {what}");
        }

        table.Info($"search{when}, first page, p50 of {ours.Count}", ours.Percentile(0.5), "ms");
        table.AtMost($"search{when}, first page, p99 of {ours.Count}", ours.Percentile(0.99), 20, "ms");
        table.Info($"search{when}, truncated by the time limit", truncated, "searches");
        table.Info($"the usual way{when}, p50 of {usual.Count} of them", usual.Percentile(0.5), "ms");
        table.Info($"the usual way{when}, p99 of {usual.Count} of them", usual.Percentile(0.99), "ms");
        table.Info($"ours on the same {usual.Count}{when}, p99", same.Percentile(0.99), "ms");
    }
}
