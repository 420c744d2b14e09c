using System.Net;
using System.Text.RegularExpressions;
using Hanse.Chaos.Tests.Ground;
using Hanse.Chaos.Tests.World;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>The real keepalived beside a door. Its configuration is the one that the page for operators tells to paste, with this street in place of theirs:
/// what is tested is what they get.</summary>
internal sealed partial class Keepalived
{
    private const string Program = "/usr/sbin/keepalived";

    private Keepalived(ChaosNode node) => Node = node;

    public ChaosNode Node { get; }

    /// <summary>As it said last: MASTER, BACKUP or FAULT.</summary>
    public string? State => Entered().Matches(File.ReadAllText(Node.Log)).LastOrDefault()?.Groups[1].Value;

    /// <param name="door">The node beside which it runs.</param>
    /// <param name="folder">Of its own.</param>
    /// <param name="ground">Where the door is.</param>
    /// <param name="address">That moves.</param>
    public static async Task<Keepalived> StartAsync(string door, string folder, NamespaceGround ground, IPAddress address)
    {
        Assert.True(File.Exists(Program), $"This test needs {Program}, of the Debian package keepalived.");
        var file = Path.Combine(folder, "keepalived.conf");
        await File.WriteAllTextAsync(file, Configuration(address));
        var node = new ChaosNode(door, folder, ground, null,
        [
            Program, "--dont-fork", "--vrrp", "--log-console", "--log-detail", "--no-syslog", "--use-file", file,
            "--pid", Path.Combine(folder, "pid"), "--vrrp_pid", Path.Combine(folder, "vrrp.pid"),
        ]);
        node.Start();
        return new Keepalived(node);
    }

    private static string Configuration(IPAddress address)
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "operations", "gateway.md"));
        var pasted = Assert.Single(Fenced().Matches(page).Select(m => m.Groups[1].Value), b => b.Contains("vrrp_instance", StringComparison.Ordinal));
        return new[] { ("interface eth0", "interface eth1"), ("203.0.113.7/24", $"{address}/16") }.Aggregate(pasted, (text, change) =>
        {
            Assert.Contains(change.Item1, text, StringComparison.Ordinal);
            return text.Replace(change.Item1, change.Item2, StringComparison.Ordinal);
        });
    }

    [GeneratedRegex("^```\\w*\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex("Entering (MASTER|BACKUP|FAULT) STATE")]
    private static partial Regex Entered();
}
