using System.Diagnostics;
using System.Text.Json;
using Hanse.Agent.Inventory;
using Hanse.Agent.Inventory.Sources;
using Hanse.Agent.Native;

namespace Hanse.Agent.Tests.Inventory;

/// <summary>The real sources on the machine the tests run on, held against what its own tools say.</summary>
public sealed class ThisMachineTests
{
    private static readonly HostView Host = HostView.Real(TimeProvider.System);

    [Fact]
    public async Task Packages_equal_dpkg_query()
    {
        var expected = Run("dpkg-query", "-W", "-f=${Package} ${Version} ${Architecture}\\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        var rows = await RowsAsync(new PackagesSource(Host));
        Assert.Equal(expected, rows.Select(r => $"{r.GetProperty("name")} {r.GetProperty("version")} {r.GetProperty("architecture")}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Packages_by_tool_and_by_file_are_the_same()
    {
        Assert.Equal(await new PackagesSource(Host).CollectAsync(default), await new PackagesSource(new HostView("/", null)).CollectAsync(default));
    }

    [Fact]
    public async Task System_tells_hostname_kernel_and_boot()
    {
        var boot = new BootClock();
        var body = Parse(await new SystemSource(Host, TimeProvider.System, boot).CollectAsync(default));
        Assert.Equal(Run("hostname").Trim(), body.GetProperty("hostname").GetString());
        Assert.Equal(Run("uname", "-r").Trim(), body.GetProperty("kernel").GetString());
        Assert.Equal(boot.BootId, body.GetProperty("bootId").GetString());
        Assert.Equal("linux", body.GetProperty("os").GetProperty("family").GetString());
        var started = DateTimeOffset.Parse(body.GetProperty("lastBoot").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(TimeProvider.System.GetUtcNow() - started - boot.Elapsed, TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Every_section_is_collected_and_stays_the_same()
    {
        var collector = InventoryCollector.ForThisMachine(TimeProvider.System, new BootClock());
        var first = await collector.CollectAsync(default);
        var second = await collector.CollectAsync(default);
        Assert.Equal(
            ["system", "hardware", "disks", "network", "packages", "services", "users", "ports", "certificates", "updates"], first.Select(s => s.Name));
        Assert.All(first, s => Assert.Equal("", s.Error));
        // Ports come and go while other tests run.
        Assert.All(first.Zip(second).Where(p => p.First.Name != "ports"), p => Assert.Equal(p.First.Hash, p.Second.Hash));
    }

    [Fact]
    public async Task Certificates_are_each_told_once()
    {
        var rows = await RowsAsync(new CertificatesSource(Host));
        Assert.NotEmpty(rows);
        Assert.Equal(rows.Count, rows.Select(r => r.GetProperty("fingerprint").GetString()).Distinct().Count());
    }

    private static async Task<List<JsonElement>> RowsAsync(IInventorySource source) =>
        [.. Parse(await source.CollectAsync(default)).EnumerateArray()];

    private static JsonElement Parse(byte[] body) => JsonDocument.Parse(body).RootElement;

    private static string Run(string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
