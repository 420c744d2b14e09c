using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Data;
using Hanse.Agent.Logging;
using Hanse.Agent.Tests.Commands;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Link;

/// <summary>A whole agent whose site has vanished, on a clock that runs a week in seconds: it goes on trying, grows in neither memory, disk nor open files, and
/// still holds every outcome that it owes (invariant 4).</summary>
[Collection(nameof(WeekAloneTests))]
[CollectionDefinition(nameof(WeekAloneTests), DisableParallelization = true)]
public sealed class WeekAloneTests(ITestOutputHelper output)
{
    private const int Owed = 20;
    private const int OutputBytes = 64 * 1024;
    private const long Mebi = 1 << 20;
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Given_no_site_for_a_week_When_the_agent_runs_on_Then_it_stays_as_small_as_it_was_and_keeps_what_it_owes()
    {
        using var files = new TestFolder();
        var folder = new AgentFolder(files.Path);
        using (var site = new FakeSite())
        {
            site.Join(files.Path);
        }

        await OweAsync(folder);
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        var log = new LineCounter();
        using var stop = new CancellationTokenSource();
        var agent = new AgentNode(folder, AgentIdentity.Open(folder)!, new RunSettings(), new AgentLog(log, clock), clock).RunAsync(stop.Token);
        await Wait.For("the first tries", () => Pass(clock, log) > 20);
        var (memory, disk, open) = (Memory(), Disk(files), Open());

        var tries = log.Lines;
        for (var end = clock.GetUtcNow() + TimeSpan.FromDays(7); clock.GetUtcNow() < end;)
        {
            Pass(clock, log);
        }

        var (memoryAfter, diskAfter, openAfter) = (Memory(), Disk(files), Open());
        output.WriteLine($"{log.Lines - tries} tries; memory {memory / 1024} to {memoryAfter / 1024} KiB, disk {disk / 1024} to {diskAfter / 1024} KiB, open files {open} to {openAfter}");
        await stop.CancelAsync();
        await Wait.ForTask("the agent to stop", agent);
        Assert.True(log.Lines - tries > 2_000, $"Only {log.Lines - tries} tries in a week: it had given up.");
        Assert.InRange(memoryAfter - memory, long.MinValue, 4 * Mebi);
        Assert.InRange(diskAfter - disk, long.MinValue, Mebi / 4);
        Assert.InRange(openAfter - open, int.MinValue, 16);
        var kept = ExecutionJournal.Open(folder.Executions, RunnerRig.Quick, clock).Entries;
        Assert.Equal(Owed, kept.Count(e => e.Status?.State.IsOutcome() == true && new FileInfo(e.Stdout).Length == OutputBytes));
    }

    /// <summary>Outcomes with their output, which no site has been told of.</summary>
    private static async Task OweAsync(AgentFolder folder)
    {
        await using var rig = await RunnerRig.OpenAsync(RunnerRig.Quick with { Concurrency = Owed }, folder.Root);
        var offers = Enumerable.Range(0, Owed).Select(_ => RunnerRig.Shell($"head -c {OutputBytes} /dev/zero")).ToList();
        offers.ForEach(o => rig.Runner.Offer(o));
        foreach (var offer in offers)
        {
            await rig.OutcomeAsync(CommandId.FromBytes(offer.CommandId.Span));
        }
    }

    /// <summary>Time goes on, at the pace of the tries that it sets off.</summary>
    private static int Pass(ManualClock clock, LineCounter log)
    {
        var before = log.Lines;
        clock.Advance(Step);
        SpinWait.SpinUntil(() => log.Lines > before, TimeSpan.FromMilliseconds(1));
        return log.Lines;
    }

    private static long Memory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static long Disk(TestFolder files) => new DirectoryInfo(files.Path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    private static int Open() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    /// <summary>Keeps nothing but the number of lines that say that there is no link.</summary>
    private sealed class LineCounter : MemoryStream
    {
        private int _lines;

        public int Lines => Volatile.Read(ref _lines);

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.IndexOf("\"link-down\""u8) >= 0)
            {
                Interlocked.Increment(ref _lines);
            }
        }
    }
}
