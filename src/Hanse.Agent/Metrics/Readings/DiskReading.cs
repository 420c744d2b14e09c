using System.Text;
using Hanse.Agent.Inventory.Facts;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Metrics.Readings;

/// <summary>What disks read and write, and how full local file systems are. The mount table is looked at every twelfth round only.</summary>
internal sealed class DiskReading(ProcFiles files, string root)
{
    private const int SectorBytes = 512; // in /proc/diskstats, whatever the disk's own is
    private const int MountRounds = 12;
    private const int MaxFileSystems = 16;
    private readonly Dictionary<ulong, bool> _whole = []; // by device number
    private readonly List<string> _paths = [];
    private (ulong Read, ulong Written)? _before;
    private int _rounds;

    internal void Read(MetricsSample sample, TimeSpan? since)
    {
        Traffic(sample, since);
        if (_rounds++ % MountRounds == 0)
        {
            FindMounts();
        }

        foreach (var path in _paths)
        {
            if (Measure(path) is { } use)
            {
                sample.FileSystems.Add(use);
            }
        }
    }

    private void Traffic(MetricsSample sample, TimeSpan? since)
    {
        ulong read = 0, written = 0;
        var text = files.Read("/proc/diskstats");
        while (ProcText.Line(ref text, out var line))
        {
            var number = (ProcText.Number(ref line) << 32) | ProcText.Number(ref line);
            var name = ProcText.Word(ref line);
            if (!IsWholeDisk(number, name))
            {
                continue;
            }

            ProcText.Skip(ref line, 2);
            read += ProcText.Number(ref line) * SectorBytes;
            ProcText.Skip(ref line, 3);
            written += ProcText.Number(ref line) * SectorBytes;
        }

        if (_before is { } before && since is { } time)
        {
            sample.DiskReadBytes = ProcText.Rate(before.Read, read, time);
            sample.DiskWrittenBytes = ProcText.Rate(before.Written, written, time);
        }

        _before = (read, written);
    }

    // A partition's traffic is its disk's, and that of a volume or an array is its members'.
    private bool IsWholeDisk(ulong number, ReadOnlySpan<byte> name)
    {
        if (!_whole.TryGetValue(number, out var whole))
        {
            var text = Encoding.UTF8.GetString(name);
            whole = !text.StartsWith("loop", StringComparison.Ordinal) && !text.StartsWith("ram", StringComparison.Ordinal)
                && !text.StartsWith("zram", StringComparison.Ordinal) && !text.StartsWith("dm-", StringComparison.Ordinal)
                && !text.StartsWith("md", StringComparison.Ordinal) && Directory.Exists(Path.Join(root, "/sys/block/", text));
            _whole[number] = whole;
        }

        return whole;
    }

    private void FindMounts()
    {
        _paths.Clear();
        var text = files.Read("/proc/mounts");
        var devices = new HashSet<string>(StringComparer.Ordinal);
        while (ProcText.Line(ref text, out var line) && _paths.Count < MaxFileSystems)
        {
            // A remote one is not measured: a dead server would block the question for ever.
            if (Mount.Parse(Encoding.UTF8.GetString(line)) is { IsStorage: true, IsRemote: false } mount && devices.Add(mount.Device))
            {
                _paths.Add(mount.Path);
            }
        }
    }

    private FileSystemUse? Measure(string path)
    {
        try
        {
            var drive = new DriveInfo(Path.Join(root, path));
            return drive.TotalSize == 0 ? null : new FileSystemUse
            {
                Path = path, SizeMib = (ulong)drive.TotalSize >> 20,
                UsedPermille = (uint)Math.Round(1000.0 * (drive.TotalSize - drive.TotalFreeSpace) / drive.TotalSize),
            };
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
