using System.Diagnostics;
using System.Text.Json;
using Hanse.Bench.Harness;
using Hanse.Bench.Processes;

namespace Hanse.Bench.Links;

/// <summary>A full rotation of the root (T4) over real sites and simulated agents that stay connected: how long until each step may be done, what it cost, and
/// whether a link ended. A link that never ends is down no longer than its renewal.</summary>
internal sealed class RotationSuite : IBenchSuite
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    // The simulator tells every two seconds.
    private static readonly TimeSpan Telling = TimeSpan.FromSeconds(5);

    public string Name => "rotation";

    public string Summary => "a full rotation of the root; --agents 1000 --sites 2";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var agents = options.Get("agents", 1_000);
        await using var federation = await BenchFederation.StartAsync(options.Get("sites", 2));
        var joined = await BenchFleet.JoinAsync(federation, agents);
        table.Note($"{agents} agents joined in {joined.TotalSeconds:0} s");
        await using var fleet = BenchFleet.Start(federation, agents);
        await fleet.OnlineAsync(Deadline);
        var (api, lost) = (federation.Coordinator.Api, fleet.Lost);
        var cpu = federation.Sites.Sum(s => s.Process.Cpu.TotalSeconds);

        var began = Stopwatch.GetTimestamp();
        await api.PostAsync("trust/rotation/start", new { });
        await ReadyAsync(api);
        table.Info($"start: {agents} agents at {federation.Sites.Count} sites trust the next root", Stopwatch.GetElapsedTime(began).TotalSeconds, "s");

        var switched = Stopwatch.GetTimestamp();
        await api.PostAsync("trust/rotation/switch", new { });
        await ReadyAsync(api);
        table.Info("switch: every certificate is renewed under the new root", Stopwatch.GetElapsedTime(switched).TotalSeconds, "s");

        var finished = Stopwatch.GetTimestamp();
        await api.PostAsync("trust/rotation/finish", new { });
        await UntilAsync("the sites trust the new root alone", async () =>
            (await api.GetAsync("trust")).GetProperty("sites").EnumerateArray().All(s => s.GetProperty("roots").GetArrayLength() == 1 && s.GetProperty("agentsLacking").GetInt64() == 0));
        table.Info("finish: all trust the new root alone", Stopwatch.GetElapsedTime(finished).TotalSeconds, "s");
        table.Info("full rotation", Stopwatch.GetElapsedTime(began).TotalSeconds, "s");
        table.Info("processor time of the sites", federation.Sites.Sum(s => s.Process.Cpu.TotalSeconds) - cpu, "s");

        await Task.Delay(Telling, TimeProvider.System, cancellation);
        table.AtMost("links that ended meanwhile", fleet.Lost - lost, 0, "links");
    }

    private static Task ReadyAsync(SocketApi api) =>
        UntilAsync("all are ready for the next step", async () => (await api.GetAsync("trust/rotation")).GetProperty("ready").GetBoolean(), () => api.GetAsync("trust/rotation"));

    private static async Task UntilAsync(string what, Func<Task<bool>> condition, Func<Task<JsonElement>>? found = null)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > Deadline)
            {
                throw new InvalidOperationException($"Waited {Deadline.TotalMinutes:0} minutes until {what}. {(found is null ? "" : await found())}");
            }

            await Task.Delay(Look, TimeProvider.System);
        }
    }
}
