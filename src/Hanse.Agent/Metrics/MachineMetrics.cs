using Hanse.Agent.Metrics.Readings;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Metrics;

/// <summary>The figures of this machine, from the kernel's files. It runs every few seconds for years, so a round opens few files and makes almost no
/// garbage: the readings share one buffer and remember the round before as numbers.</summary>
internal sealed class MachineMetrics : IMetricsFeed
{
    private readonly TimeProvider _time;
    private readonly LoadReading _load;
    private readonly DiskReading _disks;
    private readonly NetworkReading _network;
    private readonly ProcessReading _processes;
    private readonly LogInReading _logins;
    private long? _before;

    /// <param name="time">Measures the time between rounds.</param>
    /// <param name="root">Folder in which the kernel's files lie: the real one, or a test's.</param>
    internal MachineMetrics(TimeProvider time, string root = "/")
    {
        var files = new ProcFiles(root);
        (_time, _load, _disks, _network) = (time, new LoadReading(files), new DiskReading(files, root), new NetworkReading(files));
        (_processes, _logins) = (new ProcessReading(files), new LogInReading(files));
    }

    public MetricsSample Collect(IReadOnlySet<MetricsPart> parts)
    {
        var now = _time.GetTimestamp();
        TimeSpan? since = _before is { } before ? _time.GetElapsedTime(before, now) : null;
        _before = now;
        var sample = new MetricsSample();
        if (parts.Contains(MetricsPart.Usage))
        {
            _load.Read(sample);
        }

        if (parts.Contains(MetricsPart.Disks))
        {
            _disks.Read(sample, since);
        }

        if (parts.Contains(MetricsPart.Network))
        {
            _network.Read(sample, since);
        }

        if (parts.Contains(MetricsPart.Processes))
        {
            _processes.Read(sample, since, names: parts.Contains(MetricsPart.ProcessNames));
        }

        if (parts.Contains(MetricsPart.Logins))
        {
            _logins.Read(sample, names: parts.Contains(MetricsPart.UserNames));
        }

        return sample;
    }
}
