using System.Diagnostics;
using Hanse.Bench.Harness;
using Hanse.Bench.Processes;

namespace Hanse.Bench.Links;

/// <summary>A real site process with its own PostgreSQL, a real coordinator, and the simulator: joins a second, and what an idle agent costs
/// the site. Steps: 1 start, 2 join all, 3 link all and let them tell their inventory, 4 rest, 5 memory, 6 the bare peer.</summary>
internal sealed class SiteSuite : IBenchSuite
{
    private const double Kibi = 1024;
    private static readonly TimeSpan LinkDeadline = TimeSpan.FromMinutes(20);

    public string Name => "site";

    public string Summary => "a site's idle agents and joins; --agents 8000 --rest 60 (seconds before memory is read)";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var agents = options.Get("agents", 8_000);
        var rest = TimeSpan.FromSeconds(options.Get("rest", 60));
        // 1
        await using (var federation = await BenchFederation.StartAsync(1))
        {
            await SiteAsync(federation, agents, rest, table);
        }

        // 6
        await PeerAsync(agents, rest, table);
    }

    private static async Task SiteAsync(BenchFederation federation, int agents, TimeSpan rest, BenchTable table)
    {
        var site = federation.Sites[0];
        var fresh = site.Process.Resident;
        // 2
        var (cpu, postgres) = (site.Process.Cpu, site.PostgresCpu);
        var took = await BenchFleet.JoinAsync(federation, agents);
        table.AtLeast($"joins, {agents} agents one after the other at one site", agents / took.TotalSeconds, 200, "/s");
        table.Note($"processor time a join: site {(site.Process.Cpu - cpu).TotalMilliseconds / agents:0.00} ms, its PostgreSQL {(site.PostgresCpu - postgres).TotalMilliseconds / agents:0.00} ms");
        await Task.Delay(rest, TimeProvider.System);
        var before = site.Process.Resident;

        // 3
        (cpu, postgres) = (site.Process.Cpu, site.PostgresCpu);
        await using var fleet = BenchFleet.Start(federation, agents);
        var began = Stopwatch.GetTimestamp();
        await fleet.OnlineAsync(LinkDeadline);
        table.Info($"all {agents} links up, with their first inventory", Stopwatch.GetElapsedTime(began).TotalSeconds, "s");
        await fleet.Process.UntilAsync("the directory has all hosts", async () => await federation.HostsAsync() >= agents && await federation.QueuedAsync() == 0, LinkDeadline);
        table.Note($"processor time a link with its inventory: site {(site.Process.Cpu - cpu).TotalMilliseconds / agents:0.00} ms, its PostgreSQL {(site.PostgresCpu - postgres).TotalMilliseconds / agents:0.00} ms");

        // 4
        cpu = site.Process.Cpu;
        await Task.Delay(rest, TimeProvider.System);
        table.Info("site's processor time at rest", (site.Process.Cpu - cpu) / rest * 100, "% of one");

        // 5
        var after = site.Process.Resident;
        table.Note($"site's resident memory: fresh {fresh / Kibi / Kibi:0.0} MiB, after the joins {before / Kibi / Kibi:0.0} MiB, with {agents} idle agents {after / Kibi / Kibi:0.0} MiB");
        table.AtMost($"site's memory an idle agent, all in, {agents} TLS links", (after - fresh) / Kibi / agents, 64, "KiB");
        table.Info("the site's PostgreSQL", site.PostgresMemory / Kibi / Kibi, "MiB");
        table.Info("the simulator's memory an agent", fleet.Process.Resident / Kibi / agents, "KiB");
    }

    private static async Task PeerAsync(int links, TimeSpan rest, BenchTable table)
    {
        await using var peer = BenchProcess.StartSelf("bare Kestrel", null, PeerServer.Verb);
        var port = 0;
        peer.Said = line => port = line.StartsWith("listening ", StringComparison.Ordinal) ? int.Parse(line[10..], System.Globalization.CultureInfo.InvariantCulture) : port;
        await peer.UntilAsync("it listened", () => Task.FromResult(port != 0), TimeSpan.FromMinutes(1));
        var fresh = peer.Resident;
        using var held = new PeerLinks();
        await held.OpenAsync(port, links);
        await Task.Delay(rest, TimeProvider.System);
        table.Info($"the same of a bare Kestrel, {links} idle TLS WebSockets", (peer.Resident - fresh) / Kibi / links, "KiB");
    }
}
