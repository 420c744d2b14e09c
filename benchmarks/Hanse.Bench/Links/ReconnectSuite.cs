using System.Diagnostics;
using Hanse.Bench.Harness;
using Hanse.Bench.Processes;

namespace Hanse.Bench.Links;

/// <summary>What a site's sudden death costs: kill -9 of a site that holds all agents, which a supervisor starts again at once, until every agent is linked
/// again. Steps: 1 start and join, 2 link all, 3 rest until backoffs are those of links that lived, 4 kill and start, 5 wait.</summary>
internal sealed class ReconnectSuite : IBenchSuite
{
    private const double Mebi = 1024 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>A link that lived so long starts over with the shortest wait (L5).</summary>
    private static readonly TimeSpan Lived = TimeSpan.FromSeconds(31);

    public string Name => "reconnect";

    public string Summary => "all agents of a site after kill -9 of it; --agents 8000 --at-once 512 (dials under way in the simulator)";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var agents = options.Get("agents", 8_000);
        // 1
        await using var federation = await BenchFederation.StartAsync(1);
        await BenchFleet.JoinAsync(federation, agents);
        // 2
        await using var fleet = BenchFleet.Start(federation, agents, options.Get("at-once", 512));
        var began = Stopwatch.GetTimestamp();
        await fleet.OnlineAsync(Deadline);
        table.Info($"all {agents} links up for the first time, with their inventory", Stopwatch.GetElapsedTime(began).TotalSeconds, "s");
        // 3
        await Task.Delay(Lived, TimeProvider.System, cancellation);

        // 4
        var site = federation.Sites[0];
        began = Stopwatch.GetTimestamp();
        var simulator = fleet.Process.Cpu;
        await site.KillAndStartAsync();
        var answered = Stopwatch.GetElapsedTime(began);
        await fleet.Process.UntilAsync("the agents noticed", () => Task.FromResult(fleet.Online < agents), Deadline);
        // 5
        await fleet.Process.UntilAsync("99 % were linked again", () => Task.FromResult(fleet.Online >= agents * 0.99), Deadline);
        table.Info("99 % linked again", Stopwatch.GetElapsedTime(began).TotalSeconds, "s");
        await fleet.OnlineAsync(Deadline);
        table.AtMost($"all {agents} linked again, from the kill", Stopwatch.GetElapsedTime(began).TotalSeconds, 30, "s");
        table.Info("– of it until the new process answered", answered.TotalSeconds, "s");
        table.AtMost("most tries of one agent at the same time", fleet.MostTries, 1, "");
        table.Info("the site's peak memory since its start", ProcessFigures.Peak(site.Process.Pid) / Mebi, "MiB");
        table.Note($"processor time until then: site {site.Process.Cpu.TotalSeconds:0.0} s, its PostgreSQL {site.PostgresCpu.TotalSeconds:0.0} s since the first start, simulator {(fleet.Process.Cpu - simulator).TotalSeconds:0.0} s");
    }
}
