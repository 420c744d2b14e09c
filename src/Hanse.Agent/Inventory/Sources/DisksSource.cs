using System.Globalization;
using Hanse.Agent.Inventory.Facts;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>disks</c>: block devices (<c>kind: device</c>) and the file systems on them (<c>kind: mount</c>). Use is told in
/// percent, and told anew only when it moved by five points: else each collection would be a change.</summary>
internal sealed class DisksSource(HostView host) : IInventorySource
{
    private const int Step = 5;
    private readonly Dictionary<string, int> _told = new(StringComparer.Ordinal);

    public string Section => "disks";

    public Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var rows = Devices().Concat(Mounts()).ToList();
        return Task.FromResult(SectionJson.Rows(rows, r => $"{r.Kind}\n{r.Name}", (json, row) =>
        {
            json.Text("device", row.Device);
            json.Text("fileSystem", row.FileSystem);
            json.Text("kind", row.Kind);
            json.Text("model", row.Model);
            json.Text("name", row.Name);
            json.Flag("readOnly", row.ReadOnly);
            json.Flag("rotational", row.Rotational);
            json.Number("sizeBytes", row.Size);
            json.Number("usedPercent", row.UsedPercent);
        }));
    }

    private IEnumerable<DiskRow> Devices()
    {
        foreach (var name in host.Names("/sys/class/block"))
        {
            var folder = "/sys/class/block/" + name;
            var size = (Number(folder + "/size") ?? 0) * 512;
            if (size == 0 || name.StartsWith("loop", StringComparison.Ordinal) || name.StartsWith("ram", StringComparison.Ordinal))
            {
                continue;
            }

            yield return new DiskRow("device", name, size)
            {
                Device = "/dev/" + name,
                Model = host.Value(folder + "/device/model"),
                ReadOnly = Number(folder + "/ro") == 1,
                Rotational = Number(folder + "/queue/rotational") is { } turning ? turning == 1 : null,
            };
        }
    }

    private IEnumerable<DiskRow> Mounts()
    {
        // The last mount at a path is the one seen there.
        var mounts = host.Lines("/proc/mounts").Select(Mount.Parse).OfType<Mount>().Where(m => m.IsStorage)
            .GroupBy(m => m.Path, StringComparer.Ordinal).Select(g => g.Last());
        foreach (var mount in mounts)
        {
            var (size, percent) = Measure(mount);
            yield return new DiskRow("mount", mount.Path, size)
            {
                Device = mount.Device,
                FileSystem = mount.Type,
                ReadOnly = mount.Options.Split(',').Contains("ro", StringComparer.Ordinal),
                UsedPercent = percent,
            };
        }
    }

    // A dead network server would block the question for ever, so remote file systems are named and not measured.
    private (long? Size, int? Percent) Measure(Mount mount)
    {
        if (!host.IsReal || mount.IsRemote)
        {
            return (null, null);
        }

        try
        {
            var drive = new DriveInfo(mount.Path);
            var exact = drive.TotalSize == 0 ? 0 : (int)Math.Round(100.0 * (drive.TotalSize - drive.TotalFreeSpace) / drive.TotalSize);
            return (drive.TotalSize, Settled(mount.Path, exact));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, null);
        }
    }

    internal int Settled(string path, int percent)
    {
        if (!_told.TryGetValue(path, out var told) || Math.Abs(told - percent) >= Step)
        {
            _told[path] = told = percent;
        }

        return told;
    }

    private long? Number(string path) =>
        long.TryParse(host.Value(path), CultureInfo.InvariantCulture, out var value) ? value : null;
}
