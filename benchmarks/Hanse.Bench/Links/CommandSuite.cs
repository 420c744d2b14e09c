using System.Diagnostics;
using System.Text.Json;
using Hanse.Bench.Harness;
using Hanse.Bench.Processes;

namespace Hanse.Bench.Links;

/// <summary>One command to every simulated agent, given at a real coordinator, through real sites: when its results are at the coordinator, and
/// what it cost each process. A quick command is given twice; the first time warms what a federation that has run for a day has warm.</summary>
internal sealed class CommandSuite : IBenchSuite
{
    private static readonly TimeSpan LinkDeadline = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan ResultDeadline = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public string Name => "command";

    public string Summary => "one command to all simulated agents; --agents 8000 --sites 2 --rest 20 (seconds before it is given)";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var agents = options.Get("agents", 8_000);
        await using var federation = await BenchFederation.StartAsync(options.Get("sites", 2));
        var joined = await BenchFleet.JoinAsync(federation, agents);
        table.Note($"{agents} agents joined in {joined.TotalSeconds:0} s");
        await using var fleet = BenchFleet.Start(federation, agents);
        await fleet.OnlineAsync(LinkDeadline);
        await fleet.Process.UntilAsync("the directory has all hosts", async () => await federation.HostsAsync() >= agents && await federation.QueuedAsync() == 0, LinkDeadline);
        await Task.Delay(TimeSpan.FromSeconds(options.Get("rest", 20)), TimeProvider.System, cancellation);

        var hosts = (await federation.Coordinator.Api.ListAsync("hosts?limit=500")).ConvertAll(h => h.GetProperty("id").GetString()!);
        await GiveAsync(federation, hosts, "warming");
        var before = Cpu(federation, fleet);
        var times = await GiveAsync(federation, hosts, "measured");
        var after = Cpu(federation, fleet);

        table.Info($"command to {hosts.Count} agents at {federation.Sites.Count} sites: accepted, audited", times.Accepted.TotalMilliseconds, "ms");
        table.Info("first result at the coordinator", times.First.TotalMilliseconds, "ms");
        table.Info("half of the results", times.Half.TotalSeconds, "s");
        table.Info("99 % of the results", times.P99.TotalSeconds, "s");
        table.Info("all results at the coordinator", times.All.TotalSeconds, "s");
        table.Info("results", hosts.Count / times.All.TotalSeconds, "/s");
        foreach (var (name, spent) in after)
        {
            table.Info($"processor time, {name}", (spent - before[name]).TotalSeconds, "s");
        }
    }

    /// <summary>Gives the command and watches its counts. Times are from before it was given; an outcome is the coordinator's once its counts
    /// show it, so each is late by a look at most.</summary>
    private static async Task<Times> GiveAsync(BenchFederation federation, List<string> hosts, string reason)
    {
        var api = federation.Coordinator.Api;
        var began = Stopwatch.GetTimestamp();
        var command = await api.PostAsync("commands", new { hosts, script = new { arguments = new[] { "uname", "-a" } }, reason });
        var times = new Times { Accepted = Stopwatch.GetElapsedTime(began) };
        var id = command.GetProperty("id").GetString();
        var done = 0L;
        while (done < hosts.Count)
        {
            command = await api.GetAsync($"commands/{id}?wait=5s&since={Uri.EscapeDataString(command.GetProperty("version").GetString()!)}");
            var counts = command.GetProperty("counts").EnumerateObject().ToDictionary(c => c.Name, c => c.Value.GetInt64());
            done = counts.Where(c => c.Key is not ("queued" or "delivered" or "running")).Sum(c => c.Value);
            var now = Stopwatch.GetElapsedTime(began);
            times.Note(done, hosts.Count, now);
            if (now > ResultDeadline)
            {
                throw new InvalidOperationException($"After {now.TotalSeconds:0} s the command stands so: {JsonSerializer.Serialize(counts)}");
            }

            await Task.Delay(Look, TimeProvider.System);
        }

        var succeeded = command.GetProperty("counts").TryGetProperty("succeeded", out var count) ? count.GetInt64() : 0;
        return succeeded == hosts.Count
            ? times
            : throw new InvalidOperationException($"Only {succeeded} of {hosts.Count} succeeded: {command.GetProperty("counts")}");
    }

    private static Dictionary<string, TimeSpan> Cpu(BenchFederation federation, BenchFleet fleet)
    {
        var spent = new Dictionary<string, TimeSpan>(StringComparer.Ordinal)
        {
            ["coordinator"] = federation.Coordinator.Process.Cpu, ["coordinator's PostgreSQL"] = federation.Coordinator.PostgresCpu,
        };
        foreach (var site in federation.Sites)
        {
            spent[site.Process.Name] = site.Process.Cpu;
            spent[site.Process.Name + "'s PostgreSQL"] = site.PostgresCpu;
        }

        spent["all simulated agents"] = fleet.Process.Cpu;
        return spent;
    }

    private sealed class Times
    {
        public TimeSpan Accepted { get; init; }

        public TimeSpan First { get; private set; }

        public TimeSpan Half { get; private set; }

        public TimeSpan P99 { get; private set; }

        public TimeSpan All { get; private set; }

        public void Note(long done, int of, TimeSpan now)
        {
            First = First == TimeSpan.Zero && done > 0 ? now : First;
            Half = Half == TimeSpan.Zero && done * 2 >= of ? now : Half;
            P99 = P99 == TimeSpan.Zero && done * 100 >= of * 99L ? now : P99;
            All = All == TimeSpan.Zero && done >= of ? now : All;
        }
    }
}
