using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Hosts;

/// <summary>A host's metrics as the API shows them: percents, bytes, and bytes a second. What was not told is null or not there.</summary>
internal sealed record HostMetricsView(
    HostId Host, string Hostname, DateTimeOffset From, DateTimeOffset To, HostSampleView? Last, TimeSpan Step, IReadOnlyList<HostMetricsPoint> Points)
{
    public static HostMetricsView Of(HostTarget host, DateTimeOffset from, DateTimeOffset to, HostMetrics metrics) => new(
        host.Id, host.Hostname, from, to, metrics.Last is { } last ? HostSampleView.Of(last, metrics) : null, TimeSpan.FromSeconds(metrics.StepS),
        [.. metrics.Points.Select(HostMetricsPoint.Of)]);
}

/// <summary>The newest sample of the time asked for. <paramref name="Path"/>: it came by <c>datagram</c> or over the <c>link</c>.</summary>
internal sealed record HostSampleView(
    DateTimeOffset At, string Path, double? Cpu, long? MemoryTotal, long? MemoryUsed, long? SwapUsed, double? Load1, double? Load5, double? Load15,
    long? DiskRead, long? DiskWritten, long? NetworkReceived, long? NetworkSent, TimeSpan? Uptime, int? ProcessCount, int? LoginCount,
    IReadOnlyList<FileSystemView> FileSystems, IReadOnlyList<InterfaceView> Interfaces, IReadOnlyList<ProcessView> Processes, IReadOnlyList<LoginView> Logins)
{
    public static HostSampleView Of(MetricsSample s, HostMetrics metrics) => new(
        DateTimeOffset.FromUnixTimeMilliseconds(metrics.LastUnixMs), metrics.ByDatagram ? "datagram" : "link",
        s.HasCpuPermille ? s.CpuPermille / 10.0 : null, s.HasMemoryTotalKib ? Bytes(s.MemoryTotalKib) : null, s.HasMemoryUsedKib ? Bytes(s.MemoryUsedKib) : null,
        s.HasSwapUsedKib ? Bytes(s.SwapUsedKib) : null, s.HasLoad1Hundredths ? s.Load1Hundredths / 100.0 : null,
        s.HasLoad5Hundredths ? s.Load5Hundredths / 100.0 : null, s.HasLoad15Hundredths ? s.Load15Hundredths / 100.0 : null,
        s.HasDiskReadBytes ? Whole(s.DiskReadBytes) : null, s.HasDiskWrittenBytes ? Whole(s.DiskWrittenBytes) : null,
        s.HasNetworkReceivedBytes ? Whole(s.NetworkReceivedBytes) : null, s.HasNetworkSentBytes ? Whole(s.NetworkSentBytes) : null,
        s.HasUptimeS ? TimeSpan.FromSeconds(Math.Min(s.UptimeS, 10_000_000_000)) : null, s.HasProcessesCount ? (int)s.ProcessesCount : null,
        s.HasLoginsCount ? (int)s.LoginsCount : null,
        [.. s.FileSystems.Select(f => new FileSystemView(f.Path, Whole(f.SizeMib) << 20, f.UsedPermille / 10.0))],
        [.. s.Interfaces.Select(i => new InterfaceView(i.Name, Whole(i.ReceivedBytes), Whole(i.SentBytes)))],
        [.. s.Processes.Select(p => new ProcessView((int)p.Pid, p.Name.Length == 0 ? null : p.Name, p.CpuPermille / 10.0, Bytes(p.MemoryKib)))],
        [.. s.Logins.Select(l => new LoginView(l.User, l.Terminal, l.From.Length == 0 ? null : l.From, DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(l.SinceUnixS, 0, 253_402_300_799))))]);

    // A host can say any number; one that no machine has is shown as the largest.
    private static long Whole(ulong number) => (long)Math.Min(number, 1UL << 42);

    private static long Bytes(ulong kib) => Whole(kib) << 10;
}

/// <summary>A mounted local file system; <paramref name="Used"/> in percent.</summary>
internal sealed record FileSystemView(string Path, long Size, double Used);

/// <summary>Bytes a second.</summary>
internal sealed record InterfaceView(string Name, long Received, long Sent);

/// <summary><paramref name="Cpu"/> in percent of one processor.</summary>
internal sealed record ProcessView(int Pid, string? Name, double Cpu, long Memory);

internal sealed record LoginView(string User, string Terminal, string? From, DateTimeOffset Since);

/// <summary>A stretch of time of the answer's step.</summary>
internal sealed record HostMetricsPoint(DateTimeOffset At, int Samples, HostFigures Mean, HostFigures Highest)
{
    public static HostMetricsPoint Of(MetricsPoint point) => new(
        DateTimeOffset.FromUnixTimeMilliseconds(point.AtUnixMs), (int)point.Samples, HostFigures.Of(point.Mean), HostFigures.Of(point.Highest));
}

internal sealed record HostFigures(double Cpu, long MemoryUsed, double Load1, long DiskRead, long DiskWritten, long NetworkReceived, long NetworkSent)
{
    public static HostFigures Of(MetricsFigures f) => new(
        f.CpuPermille / 10.0, (long)f.MemoryUsedKib << 10, f.Load1Hundredths / 100.0, (long)f.DiskReadBytes, (long)f.DiskWrittenBytes, (long)f.NetworkReceivedBytes,
        (long)f.NetworkSentBytes);
}
