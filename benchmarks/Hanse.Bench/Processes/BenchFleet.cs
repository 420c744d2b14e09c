using System.Text.RegularExpressions;

namespace Hanse.Bench.Processes;

/// <summary>The simulator as a process of its own, and how far it is.</summary>
internal sealed partial class BenchFleet : IAsyncDisposable
{
    private readonly int _count;
    private volatile int _online;
    private volatile int _lost;

    private BenchFleet(BenchProcess process, int count)
    {
        (Process, _count) = (process, count);
        process.Said = line =>
        {
            if (Figures().Match(line) is { Success: true } match)
            {
                _online = int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
                _lost = int.Parse(match.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
                MostTries = int.Parse(match.Groups[3].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
            }
        };
    }

    public BenchProcess Process { get; }

    /// <summary>Links that have ended since the simulator started.</summary>
    public int Lost => _lost;

    /// <summary>Links that are up, as last told.</summary>
    public int Online => _online;

    /// <summary>The most tries that one agent ever had under way at the same time.</summary>
    public int MostTries { get; private set; }

    /// <summary>Lets all agents join, and link only when told: joins and links are measured apart.</summary>
    public static async Task<TimeSpan> JoinAsync(BenchFederation federation, int count)
    {
        var process = BenchProcess.StartSelf("simulator", await federation.InviteAsync(), [.. Arguments(federation, count), "--join-only"]);
        var took = "";
        process.Said = line => took = line.StartsWith("joined in ", StringComparison.Ordinal) ? line[10..] : took;
        await process.EndedAsync(TimeSpan.FromMinutes(30));
        return TimeSpan.TryParse(took, System.Globalization.CultureInfo.InvariantCulture, out var span)
            ? span
            : throw new InvalidOperationException($"The simulator ended before all had joined; its last lines:\n{process.Last()}");
    }

    /// <summary>Starts the agents that have joined; their links come up from now on.</summary>
    public static BenchFleet Start(BenchFederation federation, int count, int atOnce = 32) =>
        new(BenchProcess.StartSelf("simulator", "", [.. Arguments(federation, count), "--at-once", $"{atOnce}"]), count);

    public Task OnlineAsync(TimeSpan deadline) => Process.UntilAsync($"all {_count} links were up", () => Task.FromResult(_online >= _count), deadline);

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static string[] Arguments(BenchFederation federation, int count) =>
        ["simulate", "--count", $"{count}", "--data", Path.Combine(federation.Folder, "simulator")];

    [GeneratedRegex("online ([0-9]+) lost ([0-9]+) tries ([0-9]+)")]
    private static partial Regex Figures();
}
