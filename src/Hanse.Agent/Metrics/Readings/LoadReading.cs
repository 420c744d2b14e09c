using System.Buffers.Text;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Metrics.Readings;

/// <summary>Processor, memory and load.</summary>
internal sealed class LoadReading(ProcFiles files)
{
    private (ulong All, ulong Idle)? _before;

    internal void Read(MetricsSample sample)
    {
        Processor(sample);
        Memory(sample);
        Load(sample);
    }

    /// <summary>The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, in ticks; guests are part of user.</summary>
    private void Processor(MetricsSample sample)
    {
        var text = files.Read("/proc/stat");
        if (!ProcText.Line(ref text, out var line) || !ProcText.Word(ref line).SequenceEqual("cpu"u8))
        {
            return;
        }

        ulong all = 0, idle = 0;
        for (var column = 0; column < 8; column++)
        {
            var ticks = ProcText.Number(ref line);
            all += ticks;
            idle += column is 3 or 4 ? ticks : 0;
        }

        if (_before is { } before && all > before.All && idle >= before.Idle)
        {
            var (spent, idled) = (all - before.All, Math.Min(idle - before.Idle, all - before.All));
            sample.CpuPermille = (uint)((spent - idled) * 1000 / spent);
        }

        _before = (all, idle);
    }

    private void Memory(MetricsSample sample)
    {
        ulong total = 0, available = 0, swap = 0, swapFree = 0;
        var text = files.Read("/proc/meminfo");
        while (ProcText.Line(ref text, out var line))
        {
            var name = ProcText.Word(ref line);
            if (name.SequenceEqual("MemTotal:"u8))
            {
                total = ProcText.Number(ref line);
            }
            else if (name.SequenceEqual("MemAvailable:"u8))
            {
                available = ProcText.Number(ref line);
            }
            else if (name.SequenceEqual("SwapTotal:"u8))
            {
                swap = ProcText.Number(ref line);
            }
            else if (name.SequenceEqual("SwapFree:"u8))
            {
                swapFree = ProcText.Number(ref line);
            }
        }

        if (total > 0)
        {
            (sample.MemoryTotalKib, sample.MemoryUsedKib) = (total, total - Math.Min(total, available));
            sample.SwapUsedKib = swap - Math.Min(swap, swapFree);
        }
    }

    private void Load(MetricsSample sample)
    {
        var text = files.Read("/proc/loadavg");
        if (Hundredths(ProcText.Word(ref text)) is { } one && Hundredths(ProcText.Word(ref text)) is { } five && Hundredths(ProcText.Word(ref text)) is { } fifteen)
        {
            (sample.Load1Hundredths, sample.Load5Hundredths, sample.Load15Hundredths) = (one, five, fifteen);
        }

        var uptime = files.Read("/proc/uptime");
        if (Utf8Parser.TryParse(ProcText.Word(ref uptime), out double seconds, out _) && seconds >= 0)
        {
            sample.UptimeS = (ulong)seconds;
        }
    }

    private static uint? Hundredths(ReadOnlySpan<byte> word) =>
        Utf8Parser.TryParse(word, out double load, out _) && load is >= 0 and < 10_000_000 ? (uint)Math.Round(load * 100) : null;
}
