using System.Diagnostics;
using Hanse.Bench.Harness;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Hosts.Reconciling;
using Hanse.Coordinator.Sites;

namespace Hanse.Bench.Directory;

/// <summary>A night: the directory against every site, through the code that the coordinator runs. The sites are played; the database, the comparison and the bytes are real.
/// Steps: 1 load, 2 compare equal sides, 3 spoil rows, mend them, 4 compare again.</summary>
internal sealed class ReconcileSuite : IBenchSuite
{
    public string Name => "reconcile";

    public string Summary => "directory against its sites; --hosts 1000000 --sites 500 --differences 100 --seed 1";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var sites = options.Get("sites", 500);
        var hosts = options.Get("hosts", 1_000_000) / sites * sites;
        var differences = options.Get("differences", 100);
        var fleet = new Fleet(sites, hosts, options.Get("seed", 1));
        await using var database = await BenchDatabase.StartAsync();
        await database.AddSitesAsync(sites, TimeProvider.System.GetUtcNow());

        // 1
        var writer = new DirectoryWriter(database.Source, fleet, options.Get("seed", 1));
        table.Note($"loaded {hosts} rows, {await writer.LoadAsync(sites):#,0} a second");
        await database.VacuumAsync();
        var played = new DigestSites(fleet, sites, database.Source, writer);
        played.Hash();
        using var metrics = new ReconcileMetrics();
        var reconciler = new HostReconciler(database.Source, played, new ReconciliationStore(database.Source), metrics, TimeProvider.System);
        var rows = await new SiteStore(database.Source, TimeProvider.System).ListAsync(cancellation);

        // 2
        await NightAsync("equal", expected: 0);

        // 3: a third of each kind, spread over the sites.
        var picked = Enumerable.Range(0, hosts).ToArray();
        new Random(options.Get("seed", 1)).Shuffle(picked);
        var spoiled = picked.Take(differences).Select((host, place) => (Id: fleet.Id(host), Kind: place % 3)).ToLookup(h => h.Kind, h => h.Id);
        await database.SpoilAsync([.. spoiled[0]], [.. spoiled[1]], [.. spoiled[2]]);
        await NightAsync($"{differences} differences", differences);

        // 4
        await NightAsync("mended", expected: 0);

        async Task NightAsync(string name, int expected)
        {
            var (requests, cpu, started) = (played.Requests, database.Cpu, Stopwatch.GetTimestamp());
            var results = new List<Reconciliation>();
            foreach (var site in rows)
            {
                results.Add(await reconciler.RunAsync(site, cancellation));
            }

            var took = Stopwatch.GetElapsedTime(started);
            if (results.FirstOrDefault(r => r.Error is not null) is { } failed || results.Sum(r => r.Mended) != expected)
            {
                throw new InvalidOperationException($"{results.Sum(r => r.Mended)} differences instead of {expected}: {results.FirstOrDefault(r => r.Error is not null)?.Error}");
            }

            table.Info($"{name}: all {rows.Count} sites, one after the other", took.TotalSeconds, "s");
            table.Info($"{name}: bytes both ways", results.Sum(r => r.Bytes), "B");
            table.Note($"{results.Sum(r => r.Missing)} missing, {results.Sum(r => r.Differing)} differing, {results.Sum(r => r.Ghosts)} ghosts in "
                + $"{results.Sum(r => r.BucketsDifferent)} of {results.Sum(r => r.Buckets)} buckets; {played.Requests - requests} requests; "
                + $"{(database.Cpu - cpu).TotalMicroseconds / hosts:0.0} µs of processor time a row; slowest site {results.Max(r => r.TookMs)} ms");
        }
    }
}
