using System.Collections.Concurrent;
using System.Security.Cryptography;
using Hanse.Agent.Link;
using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Link.Pulse;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Bench.Simulation;

/// <summary>
/// Thousands of agents in one process, each with its own key, certificate, link and imagined machine, over the real protocol:
/// 1 open the identities of an earlier life, 2 run them, 3 join those that are missing, spread evenly over the sites, and run each as soon as
/// it has joined, 4 renew, 5 tell how far it is, 6 leave every link at the stop. The same folder gives the same hosts each time.
/// </summary>
internal sealed class SimulatedFleet(SimulateOptions options, IReadOnlyList<JoinInvitation> invitations, TextWriter output, TimeProvider time)
{
    private static readonly TimeSpan ProgressPause = TimeSpan.FromSeconds(1);
    private readonly ConcurrentBag<Task> _running = [];

    /// <exception cref="SimulationException">A site refused a join for good, or a folder belongs to other sites.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var keys = System.IO.Directory.CreateDirectory(Path.Combine(options.Data, "agents")).FullName;
        using var secrets = new SecretFile(Path.Combine(options.Data, "secrets"));
        using var wheel = new PulseWheel(time);
        using var dialling = new SemaphoreSlim(options.AtOnce);
        var random = new SharedRandom();
        var session = new AgentSessionOptions { Random = random, Time = time, SoftwareVersion = "0.1.0-simulated" };
        var ground = new FleetGround(time, random, new LinkGreeter(wheel, LinkLimits.Default, time), dialling, secrets, new FleetCounters(), session);
        var identities = new IdentityFolder(keys);
        var sites = new SiteFolder(options.Data);
        var renewals = new RenewalCrew(identities, ground);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            // 1, 2
            sites.Open();
            var missing = Open(identities, sites, agent => Run(agent, renewals, ending.Token), ground);
            // 3, 4, 5
            var crew = new JoinCrew(invitations, identities, sites, ground);
            var joining = crew.JoinAsync(missing, options.AtOnce, agent => Run(agent, renewals, ending.Token), ending.Token);
            await await Task.WhenAny(options.JoinOnly ? JoinOnlyAsync(joining) : WorkAsync(joining, ending.Token), renewals.RunAsync(ending.Token), TellAsync(ground.Counters, ending.Token));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
        finally
        {
            // 6
            await ending.CancelAsync();
            await Task.WhenAll(_running);
            await output.WriteLineAsync("stopped");
        }
    }

    private List<(int Number, int Invitation)> Open(IdentityFolder identities, SiteFolder sites, Action<SimulatedAgent> opened, FleetGround ground)
    {
        var missing = new List<int>();
        var labels = new List<string>();
        for (var number = 0; number < options.Count; number++)
        {
            if (identities.Find(number) is not { } credential)
            {
                missing.Add(number);
                continue;
            }

            var site = sites.Find(credential.Identity.Site!.Value)
                ?? throw new SimulationException($"Agent {number} belongs to site {credential.Identity.Site}, of which {options.Data} knows nothing. Use another --data.");
            labels.Add(site.ServerName);
            opened(new SimulatedAgent(number, CurrentCredential.InMemory(credential), site, ground));
        }

        return Spread(missing, [.. invitations.Select(i => labels.Count(l => l == i.ServerName))]);
    }

    /// <summary>Each next agent goes where fewest are.</summary>
    internal static List<(int Number, int Invitation)> Spread(IReadOnlyList<int> numbers, int[] counts)
    {
        if (numbers.Count > 0 && counts.Length == 0)
        {
            throw new SimulationException($"{numbers.Count} agents have to join, and no join string was given. Put one a site on standard input.");
        }

        var spread = new List<(int, int)>(numbers.Count);
        foreach (var number in numbers)
        {
            var fewest = Array.IndexOf(counts, counts.Min());
            counts[fewest]++;
            spread.Add((number, fewest));
        }

        return spread;
    }

    private void Run(SimulatedAgent agent, RenewalCrew renewals, CancellationToken cancellation)
    {
        if (options.JoinOnly)
        {
            return;
        }

        renewals.Add(agent);
        _running.Add(Task.Run(() => agent.RunAsync(cancellation), CancellationToken.None));
    }

    /// <summary>Joins, then stays: a join that failed for good ends the simulation.</summary>
    private static async Task WorkAsync(Task joining, CancellationToken cancellation)
    {
        await joining;
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
    }

    private async Task JoinOnlyAsync(Task joining)
    {
        var began = time.GetTimestamp();
        await joining;
        await output.WriteLineAsync($"joined in {time.GetElapsedTime(began):c}");
    }

    private async Task TellAsync(FleetCounters counters, CancellationToken cancellation)
    {
        var told = "";
        while (true)
        {
            var line = counters.Line(options.Count);
            if (line != told)
            {
                await output.WriteLineAsync($"{time.GetUtcNow():HH:mm:ss} {told = line}");
                await output.FlushAsync(cancellation);
            }

            await Task.Delay(ProgressPause, time, cancellation);
        }
    }

    /// <summary>For jitter alone; used from many threads.</summary>
    private sealed class SharedRandom() : Random(RandomNumberGenerator.GetInt32(int.MaxValue))
    {
        private readonly Lock _gate = new();

        public override double NextDouble()
        {
            lock (_gate)
            {
                return base.NextDouble();
            }
        }
    }
}
