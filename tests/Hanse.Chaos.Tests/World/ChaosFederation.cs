using System.Globalization;
using System.Net;
using System.Text.Json;
using Hanse.Chaos.Tests.Ground;
using Hanse.Chaos.Tests.Plan;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.World;

/// <summary>The real programs, each on a ground of its own: a coordinator, two sites, two agents at each. Ends everything that it started, by id.</summary>
internal sealed class ChaosFederation : IAsyncDisposable
{
    public static readonly TimeSpan LeafLifetime = TimeSpan.FromSeconds(40);
    public const string Coordinator = "coordinator";
    public const string SmallDisk = "south";
    private const int SmallDiskMegabytes = 600;
    private static readonly string[] Sites = ["north", "south"];
    private const int AgentsOfSite = 2;

    private readonly Dictionary<string, ChaosServer> _servers = [];
    private readonly Dictionary<string, ChaosNode> _agents = [];
    private readonly Random _dice;
    private readonly string? _clockLibrary;
    private ServerApi? _named;
    private readonly HashSet<string> _jumpers = [];
    private bool _diskMounted;

    private ChaosFederation(IGround ground, Random dice)
    {
        (Ground, _dice) = (ground, dice);
        _clockLibrary = Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Select(d => Path.Combine(d, "faketime/libfaketimeMT.so.1")).FirstOrDefault(File.Exists);
        Folder = $"/tmp/hanse-servers-{Environment.UserName}/chaos-{Environment.ProcessId}";
        Directory.CreateDirectory(Path.Combine(Folder, "runs"));
        File.SetUnixFileMode(Path.Combine(Folder, "runs"), (UnixFileMode)0b111_111_111);
    }

    public IGround Ground { get; }

    public string Folder { get; }

    /// <summary>One line for each run of a script that began: command, host name.</summary>
    public string RunsFile => Path.Combine(Folder, "runs/lines");

    public IReadOnlyDictionary<string, ChaosServer> Servers => _servers;

    public IEnumerable<ChaosServer> SiteServers => Sites.Select(s => _servers[s]);

    public IReadOnlyDictionary<string, ChaosNode> Agents => _agents;

    /// <summary>Every restore of an older backup.</summary>
    public System.Collections.Concurrent.ConcurrentBag<Loss> Losses { get; } = [];

    /// <summary>The coordinator as an administrator with a name, who alone may let an audit log go on (A4).</summary>
    public ServerApi Named => _named ?? throw new InvalidOperationException("Nothing runs yet.");

    /// <summary>Host ids by the agent's name.</summary>
    public Dictionary<string, string> Hosts { get; } = [];

    /// <summary>What cannot be done on this machine, for the head of the run.</summary>
    public IReadOnlyList<string> Missing =>
        [.. new[] { _clockLibrary is null ? "no libfaketime: clocks do not jump" : "", _diskMounted ? "" : "no disk could be mounted: none runs full" }.Where(m => m.Length > 0)];

    /// <summary>What a plan may do here.</summary>
    public PlanLimits Limits => new(
        [.. Enum.GetValues<FaultKind>().Where(k => (k != FaultKind.ClockJump || _clockLibrary is not null) && (k != FaultKind.FullDisk || _diskMounted))],
        [Coordinator, .. Sites], [.. Sites.SelectMany(s => Enumerable.Range(1, AgentsOfSite).Select(n => AgentOf(s, n)))], SmallDisk, LeafLifetime);

    public IEnumerable<ChaosNode> Nodes => _servers.Values.Select(s => s.Node).Concat(_agents.Values);

    /// <summary>The ground and the small disk; nothing runs yet.</summary>
    public static async Task<ChaosFederation> PrepareAsync(Random dice)
    {
        var (spaces, why) = await NamespaceGround.TryCreateAsync();
        await SweepAsync();
        var federation = new ChaosFederation(spaces is null ? new LoopbackGround(why) : spaces, dice);
        var data = Directory.CreateDirectory(Path.Combine(federation.Folder, SmallDisk, "data")).FullName;
        federation._diskMounted = await Shell.TryAsync(
            "mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={SmallDiskMegabytes}m,mode=755"), "tmpfs", data) is null;
        return federation;
    }

    /// <summary>Starts everything and waits until every host is online in the directory.</summary>
    /// <param name="jumpers">Nodes whose clock can be turned; it costs them time, so only those that need it.</param>
    public Task StartAsync(IEnumerable<string> jumpers)
    {
        _jumpers.UnionWith(jumpers);
        return BuildAsync();
    }

    public string Describe() => string.Join("\n", Nodes.Select(n => $"--- {n.Name}{(n.IsRunning ? "" : " (not running)")}\n{n.LogTail()}"));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_agents.Values.Select(a => a.StopAsync()));
        await Task.WhenAll(_servers.Values.Select(s => s.Node.StopAsync()));
        foreach (var server in _servers.Values)
        {
            await server.Relay.DisposeAsync();
            server.Api.Dispose();
        }

        _named?.Dispose();

        // For whoever looks into a failure: the databases as they were at the end.
        if (Environment.GetEnvironmentVariable("HANSE_TEST_KEEP") is { Length: > 0 } keep)
        {
            await Shell.RunAsync("cp", "-a", Folder, keep);
        }

        if (_diskMounted)
        {
            await Shell.RunAsync("umount", Path.Combine(Folder, SmallDisk, "data"));
        }

        await Ground.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task BuildAsync()
    {
        await AddServerAsync(Coordinator, "coordinator");
        await Wait.For("the coordinator to answer", async () => await Api(Coordinator).GetAsync("status") is not null, TimeSpan.FromSeconds(60), Describe);
        var token = await AskAsync(Coordinator, "tokens", new { name = "chaos", role = "administrator", user = "admin" });
        _named = ServerApi.OfToken(Ground, _servers[Coordinator].Relay.Address, token.GetProperty("token").GetString()!);
        foreach (var site in Sites)
        {
            await AddServerAsync(site, "site");
            await Wait.For($"{site} to answer", async () => await Api(site).GetAsync("status") is not null, TimeSpan.FromSeconds(60), Describe);
            var invited = await AskAsync(Coordinator, "sites/invitations", new { name = site, externalNames = new[] { $"{site}.chaos" }, addresses = new[] { _servers[site].Relay.Address.ToString() } });
            await AskAsync(site, "site/join", new { joinString = invited.GetProperty("joinString").GetString() });
        }

        foreach (var site in Sites)
        {
            await Wait.For($"{site} to be online", async () => await LinkOfAsync(site) == "online", TimeSpan.FromSeconds(60), Describe);
            var invited = await AskAsync(Coordinator, "agents/invitations", new { site });
            for (var number = 1; number <= AgentsOfSite; number++)
            {
                await AddAgentAsync(AgentOf(site, number), invited.GetProperty("joinString").GetString()!);
            }
        }

        await Wait.For("all hosts in the directory, online", async () => await Api(Coordinator).GetAsync("hosts?status=online") is { } found
            && found.GetProperty("items").GetArrayLength() == _agents.Count, TimeSpan.FromSeconds(90), Describe);
    }

    public async Task<string?> LinkOfAsync(string site) => await Api(Coordinator).GetAsync($"sites/{site}") is { } shown ? shown.GetProperty("link").GetString() : null;

    /// <summary>What a run that was killed itself left on the disk.</summary>
    private static async Task SweepAsync()
    {
        var root = Directory.CreateDirectory($"/tmp/hanse-servers-{Environment.UserName}").FullName;
        foreach (var left in Directory.GetDirectories(root, "chaos-*").Where(f => !Directory.Exists("/proc/" + f[(f.LastIndexOf('-') + 1)..])))
        {
            await Shell.TryAsync("umount", Path.Combine(left, SmallDisk, "data"));
            Directory.Delete(left, recursive: true);
        }
    }

    private string? ClockOf(string node) => _jumpers.Contains(node) ? _clockLibrary : null;

    private static string AgentOf(string site, int number) => string.Create(CultureInfo.InvariantCulture, $"{site}-{number}");

    private ServerApi Api(string server) => _servers[server].Api;

    private async Task<JsonElement> AskAsync(string server, string path, object body)
    {
        var (status, answer) = await Api(server).SendAsync(HttpMethod.Post, path, body, null);
        return status is >= 200 and < 300 ? answer : throw new InvalidOperationException($"{server} refused {path}: {status} {answer}");
    }

    private async Task AddServerAsync(string name, string verb)
    {
        var listen = new IPEndPoint(await Ground.AddAsync(name), Ground.SeparatesNodes ? 7443 : RealProcess.FreePort());
        var relay = new LinkRelay(Ground, listen, _dice);
        var folder = Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        string[] program =
        [
            RealProcess.Program("hanse"), verb, "--data-dir", data, "--listen", listen.ToString(), "--set", $"addresses={relay.Address}",
            "--set", $"externalNames={name}.chaos", "--set", string.Create(CultureInfo.InvariantCulture, $"trust.leafLifetime={LeafLifetime.TotalSeconds}s"),
            "--set", "coordinator.commandGrace=5s",
        ];
        _servers[name] = new(new ChaosNode(name, folder, Ground, ClockOf(name), program), relay, ServerApi.AtSocket(Path.Combine(data, verb + ".sock")));
        _servers[name].Node.Start();
    }

    private async Task AddAgentAsync(string name, string joinString)
    {
        await Ground.AddAsync(name);
        var folder = Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
        var agent = RealProcess.Program("hanse-agent");
        var node = new ChaosNode(name, folder, Ground, ClockOf(name), [agent, "run", "--data", Path.Combine(folder, "data"), "--inventory-interval", "20s"]);
        await JoinAsync(Ground.CommandFor(name, [agent, "join", "--data", node.Data]), joinString);
        var site = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Path.Combine(node.Data, "site.json")));
        Hosts[name] = site.GetProperty("host").GetString()!;
        _agents[name] = node;
        node.Start();
    }

    private static async Task JoinAsync(IReadOnlyList<string> command, string joinString)
    {
        var (code, output) = await RealProcess.RunAsync(command[0], joinString, [.. command.Skip(1)]);
        if (code != 0)
        {
            throw new InvalidOperationException($"The agent did not join: {output}");
        }
    }
}
