using Hanse.Agent.Inventory.Facts;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>updates</c>: what a full upgrade would install, by the package lists the host has (they are not refreshed). The apt
/// run is a simulation that takes no lock and writes nothing.</summary>
internal sealed class UpdatesSource(HostView host) : IInventorySource
{
    private const int DnfUpdatesPending = 100;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string[] Inputs =
    [
        "/var/lib/dpkg/status", "/var/lib/apt/lists", "/var/lib/apt/extended_states", "/etc/apt", "/etc/apt/sources.list", "/etc/apt/sources.list.d",
        "/etc/apt/preferences.d",
    ];

    private string? _inputs;
    private byte[] _body = [];

    public string Section => "updates";

    public bool IsSlow => true;

    /// <summary>Working out an upgrade takes seconds of processor time, so it is done again only when what it depends on changed.</summary>
    public async Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var inputs = host.HasTool("apt-get") ? string.Join('|', Inputs.Select(i => File.GetLastWriteTimeUtc(host.PathOf(i)).Ticks)) : null;
        if (inputs is null || inputs != _inputs)
        {
            _body = await AskAsync(cancellation);
            _inputs = inputs;
        }

        return _body;
    }

    private async Task<byte[]> AskAsync(CancellationToken cancellation)
    {
        var apt = await host.ToolAsync(
            "apt-get",
            ["-s", "-q", "-o", "Debug::NoLocking=true", "dist-upgrade"],
            Limit,
            code => code == 0,
            cancellation);
        var dnf = apt is not null ? null : await host.ToolAsync(
            "dnf", ["-q", "-C", "check-update"], Limit, code => code is 0 or DnfUpdatesPending, cancellation);
        var rows = apt is not null ? ParseApt(apt) : dnf is not null ? ParseDnf(dnf) : throw new InventoryException("Neither apt nor dnf was found.");
        return SectionJson.Rows(rows.Distinct(), r => $"{r.Name}\n{r.Architecture}\n{r.Available}", (json, row) =>
        {
            json.Text("architecture", row.Architecture);
            json.Text("available", row.Available);
            json.Text("installed", row.Installed);
            json.Text("name", row.Name);
            json.Flag("security", row.Security);
            json.Text("source", row.Source);
        });
    }

    /// <summary>Lines like <c>Inst libc6 [2.36-9] (2.36-10 Debian-Security:12/stable-security [amd64])</c>.</summary>
    internal static IEnumerable<UpdateRow> ParseApt(string text)
    {
        foreach (var line in text.Split('\n').Where(l => l.StartsWith("Inst ", StringComparison.Ordinal)))
        {
            var open = line.IndexOf('(', StringComparison.Ordinal);
            var close = line.LastIndexOf(')');
            var head = (open < 0 ? line : line[..open]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (open < 0 || close < open || head.Length < 2)
            {
                continue;
            }

            var inside = line[(open + 1)..close].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var source = string.Join(' ', inside.Skip(1).Where(p => p[0] != '['));
            yield return new UpdateRow(
                head[1],
                head.Skip(2).FirstOrDefault(p => p[0] == '[')?.Trim('[', ']'),
                inside[0],
                inside.FirstOrDefault(p => p[0] == '[')?.Trim('[', ']'),
                source,
                source.Contains("security", StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>Lines like <c>kernel.x86_64  6.1-2  updates</c>, up to the list of obsolete packages.</summary>
    internal static IEnumerable<UpdateRow> ParseDnf(string text)
    {
        foreach (var line in text.Split('\n').TakeWhile(l => !l.StartsWith("Obsoleting", StringComparison.Ordinal)))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var dot = parts.Length == 3 ? parts[0].LastIndexOf('.') : -1;
            if (dot > 0)
            {
                yield return new UpdateRow(
                    parts[0][..dot], null, parts[1], parts[0][(dot + 1)..], parts[2], parts[2].Contains("security", StringComparison.OrdinalIgnoreCase));
            }
        }
    }
}
