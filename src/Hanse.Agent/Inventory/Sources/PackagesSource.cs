using Hanse.Agent.Inventory.Facts;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>packages</c>: exactly what <c>dpkg-query -W</c> lists (and rpm where there is one).</summary>
internal sealed class PackagesSource(HostView host) : IInventorySource
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public string Section => "packages";

    public async Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var dpkg = await DpkgAsync(cancellation);
        var rpm = await RpmAsync(cancellation);
        if (dpkg is null && rpm is null)
        {
            throw new InventoryException("No package database was found: neither dpkg's nor rpm's.");
        }

        return SectionJson.Rows([.. dpkg ?? [], .. rpm ?? []], r => $"{r.Name}\n{r.Architecture}\n{r.Version}", (json, row) =>
        {
            json.Text("architecture", row.Architecture);
            json.Text("manager", row.Manager);
            json.Text("name", row.Name);
            json.Text("status", row.Status);
            json.Text("version", row.Version);
        });
    }

    private async Task<IEnumerable<PackageRow>?> DpkgAsync(CancellationToken cancellation)
    {
        if (!host.HasFile("/var/lib/dpkg/status"))
        {
            return null;
        }

        var listed = await host.ToolAsync(
            "dpkg-query",
            ["-W", "-f=${Package}\\t${Version}\\t${Architecture}\\t${db:Status-Status}\\n"],
            Limit,
            code => code == 0,
            cancellation);
        return listed is null ? DpkgStatus.Parse(host.Text("/var/lib/dpkg/status") ?? "") : DpkgStatus.ParseListing(listed);
    }

    private async Task<IEnumerable<PackageRow>?> RpmAsync(CancellationToken cancellation)
    {
        if (!host.HasFolder("/var/lib/rpm") && !host.HasFolder("/usr/lib/sysimage/rpm"))
        {
            return null;
        }

        var listed = await host.ToolAsync(
            "rpm", ["-qa", "--qf", "%{NAME}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{ARCH}\\n"], Limit, code => code == 0, cancellation);
        return listed?.Split('\n').Select(l => l.Split('\t')).Where(p => p.Length == 3)
            .Select(p => new PackageRow(p[0], p[1], p[2], "rpm", null));
    }
}
