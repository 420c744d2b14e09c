using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Deploy;

/// <summary>The systemd unit stays as tight as docs/operations/gateway.md says.</summary>
public sealed class UnitTests
{
    /// <summary>systemd passes over what it does not understand, with a word in its log that nobody reads.</summary>
    [Fact]
    public async Task Systemd_understands_every_line()
    {
        using var folder = new TestFolder();
        var unit = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "deploy", "systemd", "hanse-gateway.service"));
        var copy = folder.File("hanse-gateway.service");
        await File.WriteAllTextAsync(copy, unit.Replace("/usr/bin/hanse-gateway", RealProcess.Program("hanse-gateway"), StringComparison.Ordinal));

        var (code, output) = await RealProcess.RunAsync("systemd-analyze", "", "verify", copy);

        Assert.Equal((0, ""), (code, output.Trim()));
    }

    [Fact]
    public async Task The_sandbox_exposes_at_most_two_of_ten_and_keeps_one_capability()
    {
        var unit = Path.Combine(Checkout.Root, "deploy", "systemd", "hanse-gateway.service");

        var (code, output) = await RealProcess.RunAsync("systemd-analyze", "", "security", "--offline=true", "--threshold=20", "--no-pager", unit);

        Assert.True(code == 0, output);
        Assert.Contains("Overall exposure level", output, StringComparison.Ordinal);
        var lines = await File.ReadAllLinesAsync(unit);
        Assert.Equal(
            ["AmbientCapabilities=CAP_NET_BIND_SERVICE", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"],
            lines.Where(l => l.Contains("CAP_", StringComparison.Ordinal)));
    }
}
