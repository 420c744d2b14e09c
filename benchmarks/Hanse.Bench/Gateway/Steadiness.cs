using System.Diagnostics;
using System.Runtime.InteropServices;
using Hanse.Bench.Gateway.Load;
using Hanse.Bench.Harness;
using Hanse.Bench.Processes;

namespace Hanse.Bench.Gateway;

/// <summary>What the gateway does to thousands of connections: memory while they are idle and after they left, and live numbered streams while routes change
/// and while it is upgraded.</summary>
internal sealed partial class Steadiness(Ground ground, List<Door> doors, int links, BenchTable table)
{
    private const int HangUp = 1;
    private const int Changes = 100;
    private static readonly TimeSpan BetweenChanges = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ChangeDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StreamGap = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan UpgradeDeadline = TimeSpan.FromSeconds(60);

    internal async Task MemoryAsync(TimeSpan after)
    {
        var before = doors.ToDictionary(d => d, d => d.Memory);
        var risen = new Dictionary<Door, long>();
        var clients = new List<LoadProcess>();
        foreach (var door in doors)
        {
            clients.Add(await LoadProcess.StartAsync(LoadVerb.Hold, door.Port, links));
            await WaitAsync(Settle);
            risen[door] = door.Memory - before[door];
        }

        foreach (var door in doors)
        {
            Row($"memory of an idle relayed connection, of {links:#,0}, {door.Name}", risen[door] / 1024.0 / links, 0.5, "KiB", door);
        }

        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        await WaitAsync(after);
        foreach (var door in doors)
        {
            Row($"– of the rise still held {after.TotalSeconds:0} s after they left, {door.Name}", Kept(door.Memory - before[door], risen[door]), 20, "%", door);
        }
    }

    /// <summary>A hundred changes of routes, then an upgrade in place, under the same streams.</summary>
    internal async Task StreamsAsync()
    {
        var door = doors[0];
        await using var streams = await LoadProcess.StartAsync(LoadVerb.Stream, door.Port, links, (int)StreamGap.TotalMilliseconds);
        await WaitAsync(Settle);
        _ = streams.Ticks();
        await WaitAsync(Quiet);
        var calm = streams.Ticks();
        table.Info($"{links:#,0} live streams, nothing happens: longest stall", Longest(calm), "ms");
        table.Info("– numbers that came back", (calm[^1][2] - calm[0][2]) / (calm.Count - 1), "/s");

        var (processes, inForce) = (0, 0);
        for (var change = 1; change <= Changes; change++)
        {
            _ = Doors.HanseRoutes(ground, change);
            _ = Signal(door.Process.Pid, HangUp);
            await WaitAsync(BetweenChanges);
            inForce += await IsInForceAsync(door, change) ? 1 : 0;
            processes = Math.Max(processes, ProcessFigures.Tree(door.Process.Pid).Count - 1);
        }

        await WaitAsync(Settle);
        var changed = streams.Ticks();
        table.AtMost($"{Changes} changes of routes: streams dropped", changed[^1][0], 0, "streams");
        table.AtLeast("– of them in force", inForce, Changes, "changes");
        table.AtMost("– processes that it took", processes, 0, "processes");
        table.Info("– longest stall", Longest(changed), "ms");

        await UpgradeAsync(door);
        await WaitAsync(Settle);
        var upgraded = streams.Ticks();
        table.AtMost("upgrade in place: streams dropped", upgraded[^1][0] - changed[^1][0], 0, "streams");
        table.AtMost("– longest stall", Longest(upgraded), 200, "ms");
    }

    /// <summary>Its route leads somewhere, and that of the change before does not any more.</summary>
    private static async Task<bool> IsInForceAsync(Door door, int change)
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < ChangeDeadline; await WaitAsync(BetweenLooks))
        {
            if (await LeadsAsync(change) && !await LeadsAsync(change - 1))
            {
                return true;
            }
        }

        return false;

        async Task<bool> LeadsAsync(int number) => await Probe.AnswerAsync(door.Port, [Hellos.Real(Doors.ChangeName(number))]) == 'A';
    }

    private async Task UpgradeAsync(Door door)
    {
        var old = door.Process;
        var next = Doors.StartHanse(ground, door.Port, takeover: true);
        await old.EndedAsync(UpgradeDeadline);
        door.Process = next;
        await old.DisposeAsync();
    }

    /// <summary>Each hello of the corpus by each letter: how many did not reach their upstream.</summary>
    internal async Task MisroutedAsync()
    {
        foreach (var door in doors)
        {
            await MisroutedAsync(door, "legal hellos", Hellos.Corpus);
            await MisroutedAsync(door, "hellos that are not legal but seen", Hellos.NotLegal);
        }
    }

    private async Task MisroutedAsync(Door door, string kinds, Func<string, IEnumerable<(string What, byte[][] Pieces)>> hellos)
    {
        var (wrong, all) = (new HashSet<string>(StringComparer.Ordinal), 0);
        foreach (var (name, letter) in Hellos.Letters.Select((n, i) => (n, (byte)('A' + i))))
        {
            foreach (var (what, pieces) in hellos(name))
            {
                all++;
                if (await Probe.AnswerAsync(door.Port, pieces) != letter)
                {
                    wrong.Add(what);
                }
            }
        }

        Row($"mis-routed kinds of {kinds}, of {all / Hellos.Letters.Length}, {door.Name}", wrong.Count, 0, "kinds", door);
        if (wrong.Count > 0)
        {
            table.Note($"{door.Name} did not route: {string.Join("; ", wrong)}");
        }
    }

    private void Row(string name, double measured, double target, string unit, Door door)
    {
        if (door.Name == Doors.Hanse)
        {
            table.AtMost(name, measured, target, unit);
        }
        else
        {
            table.Info(name, measured, unit);
        }
    }

    /// <summary>Where nothing rose nothing can be kept of it.</summary>
    private static double Kept(long now, long risen) => risen <= 0 ? 0 : Math.Max(0, 100.0 * now / risen);

    private static double Longest(List<double[]> ticks) => ticks.Max(t => t[1]);

    private static Task WaitAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
