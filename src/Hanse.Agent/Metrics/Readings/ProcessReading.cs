using System.Text;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Metrics.Readings;

/// <summary>The processes that used most of the processor since the round before, and of those that used equally much the larger.</summary>
internal sealed class ProcessReading(ProcFiles files)
{
    private const int Most = 8;
    private const int TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on
    private static readonly ulong PageKib = (ulong)Environment.SystemPageSize / 1024;

    private readonly Found[] _busiest = new Found[Most];
    private Dictionary<int, (ulong Started, ulong Ticks)> _before = [];
    private Dictionary<int, (ulong Started, ulong Ticks)> _now = [];

    internal void Read(MetricsSample sample, TimeSpan? since, bool names)
    {
        var (found, count) = (0, 0u);
        foreach (var pid in files.Processes())
        {
            if (Parse(files.ReadOf(pid, "/stat"u8)) is not { } process)
            {
                continue; // it ended meanwhile
            }

            count++;
            _now[pid] = (process.Started, process.Ticks);
            var used = _before.TryGetValue(pid, out var known) && known.Started == process.Started ? process.Ticks - Math.Min(known.Ticks, process.Ticks) : 0;
            found = Insert(new Found(pid, used, process.MemoryKib), found);
        }

        (_before, _now) = (_now, _before);
        _now.Clear();
        sample.ProcessesCount = count;
        for (var i = 0; i < found && since > TimeSpan.Zero; i++)
        {
            sample.Processes.Add(new ProcessUse
            {
                Pid = (uint)_busiest[i].Pid, MemoryKib = _busiest[i].MemoryKib, Name = names ? Name(_busiest[i].Pid) : "",
                CpuPermille = (uint)(_busiest[i].Ticks * 1000 / TicksPerSecond / since!.Value.TotalSeconds),
            });
        }
    }

    // Keeps the busiest in order; by pid where nothing else tells them apart, so that equal rounds give equal samples.
    private int Insert(Found process, int found)
    {
        var at = found;
        while (at > 0 && process.IsBefore(_busiest[at - 1]))
        {
            at--;
        }

        if (at == Most)
        {
            return found;
        }

        var kept = Math.Min(found, Most - 1);
        Array.Copy(_busiest, at, _busiest, at + 1, kept - at);
        _busiest[at] = process;
        return kept + 1;
    }

    private string Name(int pid) => Encoding.UTF8.GetString(files.ReadOf(pid, "/comm"u8).TrimEnd((byte)'\n'));

    /// <summary>/proc/PID/stat: the name in parentheses may itself hold parentheses and blanks. After it come state, ppid, …; utime is the twelfth.</summary>
    private static Parsed? Parse(ReadOnlySpan<byte> stat)
    {
        var close = stat.LastIndexOf((byte)')');
        if (close < 0)
        {
            return null;
        }

        var rest = stat[(close + 1)..];
        ProcText.Skip(ref rest, 11);
        var ticks = ProcText.Number(ref rest) + ProcText.Number(ref rest);
        ProcText.Skip(ref rest, 6);
        var started = ProcText.Number(ref rest);
        ProcText.Skip(ref rest, 1);
        return new Parsed(started, ticks, ProcText.Number(ref rest) * PageKib);
    }

    private readonly record struct Parsed(ulong Started, ulong Ticks, ulong MemoryKib);

    private readonly record struct Found(int Pid, ulong Ticks, ulong MemoryKib)
    {
        internal bool IsBefore(in Found other) => Ticks != other.Ticks ? Ticks > other.Ticks
            : MemoryKib != other.MemoryKib ? MemoryKib > other.MemoryKib : Pid < other.Pid;
    }
}
