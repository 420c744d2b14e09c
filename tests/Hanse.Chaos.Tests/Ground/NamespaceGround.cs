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

    private NamespaceGround()
    {
    }

    public string Description => "a network namespace and host name for every node, one bridge between them; a partition pulls the cable";

    public bool SeparatesNodes => true;

    public IPAddress RelayAddress { get; } = IPAddress.Parse("10.213.0.1");

    private string Switch => _prefix + "-sw";

    /// <summary>The ground, or the reason why there can be none.</summary>
    public static async Task<(NamespaceGround? Ground, string Why)> TryCreateAsync()
    {
        var ground = new NamespaceGround();
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

    public IReadOnlyList<string> CommandFor(string node, IReadOnlyList<string> program) =>
        ["ip", "netns", "exec", Name(node), "unshare", "--uts", "sh", "-c", "hostname \"$1\"; shift; exec \"$@\"", "sh", node, .. program];

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

    public Task CutAsync(string node, bool cut) => Shell.RunAsync("ip", "-n", Switch, "link", "set", Port(node), cut ? "down" : "up");

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

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNamespace(int descriptor, int kind);
}
