using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hanse.Chaos.Tests.Ground;

/// <summary>A network namespace and a host name for every node, each with one cable to a bridge in a namespace of its own: nothing of it is in the machine's
/// own network. A cut pulls the cable, so that packets vanish and nobody is told.</summary>
internal sealed class NamespaceGround : IGround
{
    private const int NetworkNamespace = 0x40000000;
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"hz{Environment.ProcessId}");
    private readonly List<string> _nodes = [];
    private readonly HashSet<string> _onStreet = [];

    private NamespaceGround()
    {
    }

    public string Description => "a network namespace and host name for every node, one bridge between them; a partition pulls the cable";

    public bool SeparatesNodes => true;

    public IPAddress RelayAddress { get; } = IPAddress.Parse("10.213.0.1");

    /// <summary>What nodes find in place of /etc/hosts; null: the machine's own. May be written to at any time.</summary>
    public string? HostsFile { get; init; }

    private string Switch => _prefix + "-sw";

    /// <summary>The ground, or the reason why there can be none.</summary>
    public static async Task<(NamespaceGround? Ground, string Why)> TryCreateAsync(string? hostsFile = null)
    {
        var ground = new NamespaceGround { HostsFile = hostsFile };
        try
        {
            await SweepAsync();
            await Shell.RunAsync("ip", "netns", "add", ground.Switch);
            await Shell.RunAsync("ip", "-n", ground.Switch, "link", "add", "br0", "type", "bridge");
            await Shell.RunAsync("ip", "-n", ground.Switch, "addr", "add", ground.RelayAddress + "/16", "dev", "br0");
            await Shell.RunAsync("ip", "-n", ground.Switch, "link", "set", "br0", "up");
            await Shell.RunAsync("ip", "-n", ground.Switch, "link", "set", "lo", "up");
            await Shell.RunAsync("ip", "netns", "exec", ground.Switch, "unshare", "--uts", "true");
            return (ground, "");
        }
        catch (Exception refused) when (refused is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            await ground.DisposeAsync();
            return (null, refused.Message.ReplaceLineEndings(" ").Trim());
        }
    }

    public async Task<IPAddress> AddAsync(string node)
    {
        _nodes.Add(node);
        var (name, port) = (Name(node), Port(node));
        var address = IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.213.1.{_nodes.Count}"));
        await Shell.RunAsync("ip", "netns", "add", name);
        await Shell.RunAsync("ip", "-n", Switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name);
        await Shell.RunAsync("ip", "-n", Switch, "link", "set", port, "master", "br0", "up");
        await Shell.RunAsync("ip", "-n", name, "addr", "add", address + "/16", "dev", "eth0");
        await Shell.RunAsync("ip", "-n", name, "link", "set", "eth0", "up");
        await Shell.RunAsync("ip", "-n", name, "link", "set", "lo", "up");
        return address;
    }

    /// <summary>A second cable, eth1, to another bridge: the street. Who has only this one reaches the others on the street, and nothing else.</summary>
    public async Task<IPAddress> AddToStreetAsync(string node)
    {
        if (_onStreet.Count == 0)
        {
            await Shell.RunAsync("ip", "-n", Switch, "link", "add", "br1", "type", "bridge");
            await Shell.RunAsync("ip", "-n", Switch, "link", "set", "br1", "up");
        }

        var address = IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.214.1.{_nodes.IndexOf(node) + 1}"));
        var port = StreetPort(node);
        await Shell.RunAsync("ip", "-n", Switch, "link", "add", port, "type", "veth", "peer", "name", "eth1", "netns", Name(node));
        await Shell.RunAsync("ip", "-n", Switch, "link", "set", port, "master", "br1", "up");
        await Shell.RunAsync("ip", "-n", Name(node), "addr", "add", address + "/16", "dev", "eth1");
        await Shell.RunAsync("ip", "-n", Name(node), "link", "set", "eth1", "up");
        _onStreet.Add(node);
        return address;
    }

    /// <summary>Pulls the node's own end of the first cable, or puts it back: the machine notices, and has no way to the first network.</summary>
    public Task UnplugAsync(string node, bool unplugged) => Shell.RunAsync("ip", "-n", Name(node), "link", "set", "eth0", unplugged ? "down" : "up");

    /// <summary>What is sent and not acknowledged ends a connection there after seconds, not after a quarter of an hour. Where that cannot be set all goes on, slower.</summary>
    public Task GiveUpSoonAsync(string node) => Shell.TryAsync("ip", "netns", "exec", Name(node), "sh", "-c", "echo 4 > /proc/sys/net/ipv4/tcp_retries2");

    /// <summary>One more address on the street: inventory that changes.</summary>
    public Task AddAddressAsync(string node, IPAddress address) => Shell.RunAsync("ip", "-n", Name(node), "addr", "add", $"{address}/32", "dev", "eth1");

    /// <summary>Whether a node has an address just now, whoever gave it.</summary>
    public async Task<bool> HasAddressAsync(string node, IPAddress address) =>
        (await Shell.AskAsync("ip", "-n", Name(node), "-oneline", "addr", "show", "to", address.ToString())) is (0, { Length: > 0 });

    // The mount is seen by what runs there alone: ip gives each command a mount namespace of its own.
    public IReadOnlyList<string> CommandFor(string node, IReadOnlyList<string> program) =>
    [
        "ip", "netns", "exec", Name(node), "unshare", "--uts", "sh", "-c",
        "hostname \"$1\"; [ -z \"$2\" ] || mount --bind \"$2\" /etc/hosts || exit 125; shift 2; exec \"$@\"", "sh", node, HostsFile ?? "", .. program,
    ];

    /// <summary>A socket belongs to the namespace of the thread that made it, whoever uses it later.</summary>
    public Socket NewRelaySocket()
    {
        Socket? made = null;
        Exception? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var space = File.OpenHandle("/run/netns/" + Switch);
                made = SetNamespace((int)space.DangerousGetHandle(), NetworkNamespace) == 0
                    ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                    : throw new InvalidOperationException($"setns failed: {Marshal.GetLastPInvokeErrorMessage()}");
            }
            catch (Exception e)
            {
                failed = e;
            }
        });
        thread.Start();
        thread.Join();
        return made ?? throw new InvalidOperationException("No socket on the bridge.", failed);
    }

    public async Task CutAsync(string node, bool cut)
    {
        foreach (var port in _onStreet.Contains(node) ? new[] { Port(node), StreetPort(node) } : [Port(node)])
        {
            await Shell.RunAsync("ip", "-n", Switch, "link", "set", port, cut ? "down" : "up");
        }
    }

    /// <summary>The machine gets another address, as laptops do: inventory that changes.</summary>
    public Task ReplaceAddressAsync(string node, int old, int next) => Shell.RunAsync(
        "ip", "netns", "exec", Name(node), "sh", "-c",
        string.Create(CultureInfo.InvariantCulture, $"ip addr add 10.214.0.{next}/32 dev eth0; ip addr del 10.214.0.{old}/32 dev eth0 2>/dev/null; true"));

    public async ValueTask DisposeAsync()
    {
        foreach (var space in _nodes.Select(Name).Append(Switch))
        {
            await Shell.TryAsync("ip", "netns", "del", space);
        }

        _nodes.Clear();
        _onStreet.Clear();
    }

    /// <summary>What a run that was killed itself left: its namespaces name it, and all in them was its own.</summary>
    private static async Task SweepAsync()
    {
        var (_, listed) = await Shell.AskAsync("ip", "netns", "list");
        foreach (var space in listed.Split('\n').Select(l => l.Split(' ')[0]))
        {
            var owner = space.StartsWith("hz", StringComparison.Ordinal) ? space[2..].Split('-')[0] : "";
            if (owner.Length == 0 || !owner.All(char.IsAsciiDigit) || Directory.Exists("/proc/" + owner))
            {
                continue;
            }

            var (_, left) = await Shell.AskAsync("ip", "netns", "pids", space);
            foreach (var process in left.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                await Shell.TryAsync("kill", "-KILL", process);
            }

            await Shell.TryAsync("ip", "netns", "del", space);
        }
    }

    private string Name(string node) => $"{_prefix}-{node}";

    private string Port(string node) => string.Create(CultureInfo.InvariantCulture, $"v{_nodes.IndexOf(node)}");

    private string StreetPort(string node) => "s" + Port(node);

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNamespace(int descriptor, int kind);
}
