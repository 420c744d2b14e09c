using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Hanse.Chaos.Tests.Ground;
using Hanse.Chaos.Tests.World;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>The real programs in two networks: inside, with coordinator and sites; the street, where laptops are; and doors between them. Ends everything that it started, by id.</summary>
internal sealed class RoamingWorld : IAsyncDisposable
{
    public const string Coordinator = "coordinator";

    /// <summary>The one name of all doors.</summary>
    public const string DoorName = "door.roam.test";
    public const int DoorPort = 443;
    public const int ServerPort = 7443;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Dictionary<string, ChaosNode> _servers = [];
    private readonly Dictionary<string, ServerApi> _apis = [];
    private readonly IPAddress? _movingAddress;

    private RoamingWorld(NamespaceGround ground, string folder, IPAddress? movingAddress) => (Ground, Folder, _movingAddress) = (ground, folder, movingAddress);

    public NamespaceGround Ground { get; }

    public string Folder { get; }

    public Dictionary<string, IPAddress> Addresses { get; } = [];

    public List<RoamingDoor> Doors { get; } = [];

    public Dictionary<string, ChaosNode> Laptops { get; } = [];

    /// <summary>Host ids by the laptop's name.</summary>
    public Dictionary<string, string> Hosts { get; } = [];

    private IEnumerable<ChaosNode> Nodes => _servers.Values.Concat(Doors.SelectMany(d => new[] { d.Node, d.Keepalived?.Node }).OfType<ChaosNode>()).Concat(Laptops.Values);

    /// <summary>Fails where this account may make no network namespaces: there is no other ground for this.</summary>
    /// <param name="movingAddress">On the street: the one address of all doors, which keepalived moves. Without it each has its own.</param>
    public static async Task<RoamingWorld> PrepareAsync(IPAddress? movingAddress = null)
    {
        var root = Directory.CreateDirectory($"/tmp/hanse-servers-{Environment.UserName}").FullName;
        foreach (var left in Directory.GetDirectories(root, "roaming-*").Where(f => !Directory.Exists("/proc/" + f[(f.LastIndexOf('-') + 1)..])))
        {
            Directory.Delete(left, recursive: true); // of a run that was killed itself; the ground ends what still runs
        }

        var folder = Directory.CreateDirectory(Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"roaming-{Environment.ProcessId}"))).FullName;
        var hosts = Path.Combine(folder, "hosts");
        await File.WriteAllTextAsync(hosts, movingAddress is null ? "127.0.0.1 localhost\n" : $"127.0.0.1 localhost\n{movingAddress} {DoorName}\n");
        var (ground, why) = await NamespaceGround.TryCreateAsync(hosts);
        if (ground is null)
        {
            Directory.Delete(folder, recursive: true);
            Assert.Fail($"This test needs network namespaces of its own, and this account may make none: {why}");
        }

        return new RoamingWorld(ground, folder, movingAddress);
    }

    /// <param name="name">A coordinator's, or a site's, which is invited and joins.</param>
    public async Task AddServerAsync(string name)
    {
        var address = Addresses[name] = await Ground.AddAsync(name);
        var (verb, folder) = (name == Coordinator ? "coordinator" : "site", FolderOf(name));
        var node = _servers[name] = new ChaosNode(name, folder, Ground, null,
        [
            RealProcess.Program("hanse"), verb, "--data-dir", Path.Combine(folder, "data"), "--listen", $"{address}:{ServerPort}", "--set", $"addresses={address}:{ServerPort}",
            "--set", $"externalNames={NameOf(name)}", "--set", "site.metricsInterval=1s",
        ]);
        Directory.CreateDirectory(node.Data);
        node.Start();
        var api = _apis[name] = ServerApi.AtSocket(Path.Combine(node.Data, verb + ".sock"));
        await Wait.For($"{name} to answer", async () => await api.GetAsync("status") is not null, Patience, Describe);
        if (name != Coordinator)
        {
            var invited = await AskAsync(Coordinator, "sites/invitations", new { name, externalNames = new[] { NameOf(name) }, addresses = new[] { $"{address}:{ServerPort}" } });
            await AskAsync(name, "site/join", new { joinString = invited.GetProperty("joinString").GetString() });
            await Wait.For($"{name} to be online", async () => await Api(Coordinator).GetAsync($"sites/{name}") is { } shown && Text(shown, "link") == "online", Patience, Describe);
        }
    }

    /// <summary>All doors are invited under one name, which then has the address of each, or the one that moves.</summary>
    public async Task AddDoorAsync(string name)
    {
        Addresses[name] = await Ground.AddAsync(name);
        var street = await Ground.AddToStreetAsync(name);
        if (_movingAddress is null)
        {
            await File.AppendAllTextAsync(Ground.HostsFile!, $"{street} {DoorName}\n");
        }

        var folder = FolderOf(name);
        var node = new ChaosNode(name, folder, Ground, null,
        [
            RealProcess.Program("hanse-gateway"), "run", "--data", Path.Combine(folder, "data"), "--listen", string.Create(CultureInfo.InvariantCulture, $"0.0.0.0:{DoorPort}"), "--workers", "1",
            "--takeover-socket", Path.Combine(folder, "takeover.sock"),
        ]);
        var invited = await AskAsync(Coordinator, "gateways/invitations", new { name, addresses = new[] { $"{DoorName}:{DoorPort}" } });
        await JoinAsync(name, RealProcess.Program("hanse-gateway"), node.Data, invited.GetProperty("joinString").GetString()!);
        node.Start();
        Doors.Add(new RoamingDoor(node, _movingAddress is null ? null : await Keepalived.StartAsync(name, FolderOf(name + "-keepalived"), Ground, _movingAddress)));
        await Wait.For($"{name} to be online", async () => await Api(Coordinator).GetAsync($"gateways/{name}") is { } shown && Text(shown, "link") == "online", Patience, Describe);
    }

    /// <summary>Has a cable to the street, and joins and runs.</summary>
    /// <param name="name">The laptop's.</param>
    /// <param name="site">Its site's.</param>
    /// <param name="inside">Begins inside, where it has a cable too; otherwise it has never been there.</param>
    public async Task AddLaptopAsync(string name, string site, bool inside)
    {
        await Ground.AddAsync(name);
        await Ground.AddToStreetAsync(name);
        await Ground.UnplugAsync(name, !inside);
        await Ground.GiveUpSoonAsync(name);
        var agent = RealProcess.Program("hanse-agent");
        var folder = FolderOf(name);
        var node = new ChaosNode(name, folder, Ground, null,
            [agent, "run", "--data", Path.Combine(folder, "data"), "--inventory-interval", "5s", "--path-interval", "5s"]);
        var invited = await AskAsync(Coordinator, "agents/invitations", new { site });
        await JoinAsync(name, agent, node.Data, invited.GetProperty("joinString").GetString()!);
        Hosts[name] = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(node.Data, "site.json"))).GetProperty("host").GetString()!;
        Laptops[name] = node;
        node.Start();
    }

    public ServerApi Api(string server) => _apis[server];

    public string DataOf(string node) => Path.Combine(Folder, node, "data");

    public int ProcessOf(string server) => _servers[server].ProcessId;

    public static string NameOf(string server) => $"{server}.roam.test";

    public async Task<JsonElement> AskAsync(string server, string path, object body)
    {
        var (status, answer) = await Api(server).SendAsync(HttpMethod.Post, path, body, null);
        return status is >= 200 and < 300 ? answer : throw new InvalidOperationException($"{server} refused {path}: {status} {answer}\n{Describe()}");
    }

    /// <summary>Runs a program to its end where a node is.</summary>
    public Task<(int Code, string Output)> RunAsync(string node, params string[] program)
    {
        var command = Ground.CommandFor(node, program);
        return RealProcess.RunAsync(command[0], "", [.. command.Skip(1)]);
    }

    /// <summary>The federation's roots in a file, as its sites have them.</summary>
    public async Task<string> RootsAsync(string site)
    {
        var set = TrustSet.Parser.ParseFrom(await File.ReadAllBytesAsync(Path.Combine(DataOf(site), "site/identity/trust")));
        var file = Path.Combine(Folder, "roots.pem");
        await File.WriteAllTextAsync(file, string.Join('\n', set.Roots.Select(r => X509CertificateLoader.LoadCertificate(r.Span).ExportCertificatePem())));
        return file;
    }

    public string Describe() => string.Join("\n", Nodes.Select(n => $"--- {n.Name}{(n.IsRunning ? "" : " (not running)")}\n{n.LogTail()}"));

    public static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var field) ? field.ToString() : null;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Laptops.Values.Select(l => l.StopAsync()));
        await Task.WhenAll(Doors.Select(d => d.StopAsync()));
        await Task.WhenAll(_servers.Values.Select(s => s.StopAsync()));
        foreach (var api in _apis.Values)
        {
            api.Dispose();
        }

        await Ground.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private string FolderOf(string node) => Directory.CreateDirectory(Path.Combine(Folder, node)).FullName;

    private async Task JoinAsync(string node, string program, string data, string joinString)
    {
        var command = Ground.CommandFor(node, [program, "join", "--data", data]);
        var (code, output) = await RealProcess.RunAsync(command[0], joinString, [.. command.Skip(1)]);
        Assert.True(code == 0, $"{node} did not join: {output}\n{Describe()}");
    }
}
