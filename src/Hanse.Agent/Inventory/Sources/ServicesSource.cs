using Hanse.Agent.Inventory.Facts;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>services</c>: systemd's services. Where systemd does not run (containers, other init systems) the installed
/// unit files are told with state <c>unknown</c>.</summary>
internal sealed class ServicesSource(HostView host) : IInventorySource
{
    private const string Suffix = ".service";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly string[] UnitFolders = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

    public string Section => "services";

    public async Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var rows = host.HasFolder("/run/systemd/system") && host.HasTool("systemctl") ? await LiveAsync(cancellation) : Offline();
        return SectionJson.Rows(rows, r => r.Name, (json, row) =>
        {
            json.Text("description", row.Description);
            json.Text("enabled", row.Enabled);
            json.Text("name", row.Name);
            json.Text("state", row.State);
            json.Text("subState", row.SubState);
        });
    }

    private async Task<IEnumerable<ServiceRow>> LiveAsync(CancellationToken cancellation)
    {
        var files = await host.ToolAsync("systemctl", ["list-unit-files", "--type=service", "--no-legend", "--no-pager", "--plain"], Limit, c => c == 0, cancellation);
        var units = await host.ToolAsync("systemctl", ["list-units", "--all", "--type=service", "--no-legend", "--no-pager", "--plain"], Limit, c => c == 0, cancellation);
        return Merge(files ?? "", units ?? "");
    }

    /// <summary>Joins the unit files (name, enabled) with the loaded units (name, load, active, sub, description).</summary>
    internal static IEnumerable<ServiceRow> Merge(string files, string units)
    {
        var enabled = files.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(p => p.Length >= 2)
            .GroupBy(p => p[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First()[1], StringComparer.Ordinal);
        foreach (var line in units.Split('\n'))
        {
            var parts = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (parts.Length >= 4 && parts[1] != "not-found")
            {
                enabled.Remove(parts[0], out var start);
                yield return new ServiceRow(Short(parts[0]), parts[2], parts[3], start, parts.Length > 4 ? parts[4] : null);
            }
        }

        foreach (var (name, start) in enabled)
        {
            yield return new ServiceRow(Short(name), "inactive", "dead", start, null);
        }
    }

    private IEnumerable<ServiceRow> Offline()
    {
        var wanted = UnitFolders.SelectMany(f => host.Names(f).Where(n => n.EndsWith(".wants", StringComparison.Ordinal)).SelectMany(n => host.Names($"{f}/{n}")))
            .ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in UnitFolders)
        {
            foreach (var name in host.Names(folder).Where(n => n.EndsWith(Suffix, StringComparison.Ordinal)))
            {
                if (seen.Add(name))
                {
                    var path = $"{folder}/{name}";
                    yield return new ServiceRow(Short(name), "unknown", null, Enabled(path, wanted.Contains(name)), Description(path));
                }
            }
        }
    }

    private string? Enabled(string path, bool wanted)
    {
        if (new FileInfo(host.PathOf(path)).LinkTarget == "/dev/null")
        {
            return "masked";
        }

        return wanted ? "enabled"
            : host.Lines(path).Any(l => l.Trim() == "[Install]") ? "disabled" : "static";
    }

    private string? Description(string path) =>
        host.Lines(path).FirstOrDefault(l => l.StartsWith("Description=", StringComparison.Ordinal)) is { } line ? line[12..].Trim() : null;

    private static string Short(string unit) => unit.EndsWith(Suffix, StringComparison.Ordinal) ? unit[..^Suffix.Length] : unit;
}
