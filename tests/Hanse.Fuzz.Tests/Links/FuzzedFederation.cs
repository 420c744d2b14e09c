using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hanse.Fuzz.Tests.Frames;
using Hanse.Protocol.Ids;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Fuzz.Tests.Links;

/// <summary>A real server of both roles and a real agent, each in a process of its own, with a tap in each of the two links; and credentials with which
/// a test is an agent, or a site, of the same federation.</summary>
public sealed class FuzzedFederation : IAsyncLifetime
{
    private const long MemoryLimit = 900L * 1024 * 1024;

    private const int MostHeard = 1000;

    private readonly List<(FrameWay Way, byte[] Bytes)> _heard = [];
    private RealServer _server = null!;
    private RealProcess _agent = null!;

    internal const string CoordinatorName = "link.localhost";
    internal const string SiteName = "link.main.localhost";

    internal NodeAddress CoordinatorAddress => new("127.0.0.1", _server.Port);

    internal NodeAddress SiteAddress => new("127.0.0.1", _server.Port + 1);

    internal LinkTap CoordinatorTap { get; private set; } = null!;

    internal LinkTap SiteTap { get; private set; } = null!;

    /// <summary>What the real nodes said to each other, the first thousand frames of it.</summary>
    internal IReadOnlyList<(FrameWay Way, byte[] Bytes)> Heard
    {
        get
        {
            lock (_heard)
            {
                return [.. _heard];
            }
        }
    }

    internal RealServer Server => _server;

    /// <summary>The id of the real agent's host.</summary>
    internal string AgentHost { get; private set; } = "";

    private string AgentFolder => Path.Combine(_server.Folder, "agent");

    public async ValueTask InitializeAsync()
    {
        CoordinatorTap = new LinkTap(
            () => Credential("site/identity/server.pem"), () => Credential("coordinator/server.pem")!, () => CoordinatorAddress,
            (up, frame) => Hear(up ? FrameWay.SiteToCoordinator : FrameWay.CoordinatorToSite, frame));
        CoordinatorTap.Start();
        _server = new RealServer { DialledPort = CoordinatorTap.Port };
        SiteTap = new LinkTap(
            () => Load(Path.Combine(AgentFolder, "credential.pem")), () => Credential("site/identity/server.pem")!, () => SiteAddress,
            (up, frame) => Hear(up ? FrameWay.AgentToSite : FrameWay.SiteToAgent, frame));
        SiteTap.Start();
        await _server.StartAsync();
        await JoinAgentAsync(AgentFolder);
        var site = Path.Combine(AgentFolder, "site.json");
        var told = JsonNode.Parse(await File.ReadAllTextAsync(site))!;
        AgentHost = (string)told["host"]!;
        told["addresses"] = new JsonArray($"127.0.0.1:{SiteTap.Port}");
        await File.WriteAllTextAsync(site, told.ToJsonString());
        _agent = RealProcess.Start(RealProcess.Program("hanse-agent"), "run", "--data", AgentFolder);
        await AgentOnlineAsync();
    }

    internal Task AgentOnlineAsync() => Wait.For(
        "the real agent to be online",
        async () => await RealServer.TryAsync(_server.Site, $"hosts/{AgentHost}") is { } host && host.GetProperty("status").GetString() == "online",
        TimeSpan.FromSeconds(90), () => _agent.Output + _server.Process.Output);

    /// <summary>Another agent of the site, which exists only as a credential.</summary>
    internal async Task<NodeCredential> NewAgentAsync()
    {
        var folder = Path.Combine(_server.Folder, "agent-" + CommandId.New());
        await JoinAgentAsync(folder);
        return Load(Path.Combine(folder, "credential.pem"))!;
    }

    /// <summary>Another site of the federation, which exists only as a credential.</summary>
    internal async Task<NodeCredential> NewSiteAsync(string name)
    {
        var (status, invited) = await RealServer.PostAsync(_server.Coordinator, "sites/invitations", new { name, externalNames = new[] { $"{name}.test" } });
        Assert.True(status == 200, invited.ToString());
        var invitation = Assert.IsType<JoinStringOutcome.Read>(
            JoinString.Parse(invited.GetProperty("joinString").GetString()!, Protocol.Messages.NodeKind.Site, TimeProvider.System.GetUtcNow())).Invitation;
        var key = NodeKey.Generate();
        var joined = Assert.IsType<SiteJoinOutcome.Joined>(
            await new JoinClient(TimeProvider.System).JoinSiteAsync(invitation, key, new SiteDescription("1.0", []), default));
        var issuer = new Authority.Issuing.LeafIssuer(key, joined.Intermediate, new Authority.Issuing.LifetimeOptions());
        Assert.True(Authority.Issuing.ServerNames.TryCreate(joined.ExternalNames, [], out var names, out _));
        return issuer.IssueOwnCredential(names, TimeProvider.System);
    }

    /// <summary>What must hold whatever was sent: both programs live, answer at once, logged no error of their own, and hold no more memory
    /// than they should.</summary>
    internal async Task CheckAsync(string after)
    {
        var because = $"After {after}; {Chance.Repeat("fuzz")}\n";
        Assert.False(_server.Process.Process.HasExited, $"{because}The server ended:\n{_server.Process.Output}");
        Assert.False(_agent.Process.HasExited, $"{because}The agent ended:\n{_agent.Output}");
        var asked = Stopwatch.GetTimestamp();
        Assert.True(await RealServer.TryAsync(_server.Site, "status") is not null, $"{because}The site does not answer.");
        Assert.True(await RealServer.TryAsync(_server.Coordinator, "sites") is not null, $"{because}The coordinator does not answer.");
        Assert.True(Stopwatch.GetElapsedTime(asked) < TimeSpan.FromSeconds(15), $"{because}The server took {Stopwatch.GetElapsedTime(asked)} to answer.");
        var faults = (_server.Process.Output + _agent.Output).Split('\n').Where(l => IsFault(l)).ToList();
        Assert.True(faults.Count == 0, because + string.Join('\n', faults.Take(5)));
        using var server = Process.GetProcessById(_server.Process.Process.Id);
        Assert.True(server.WorkingSet64 < MemoryLimit, $"{because}The server holds {server.WorkingSet64 >> 20} MiB.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }

        await SiteTap.DisposeAsync();
        await _server.DisposeAsync();
        await CoordinatorTap.DisposeAsync();
    }

    private async Task JoinAgentAsync(string folder)
    {
        var (status, invited) = await RealServer.PostAsync(_server.Coordinator, "agents/invitations", new { site = "main" });
        Assert.True(status == 200, invited.ToString());
        var (code, output) = await RealProcess.RunAsync(
            RealProcess.Program("hanse-agent"), invited.GetProperty("joinString").GetString()!, "join", "--data", folder);
        Assert.True(code == 0, output);
    }

    private void Hear(FrameWay way, byte[] frame)
    {
        lock (_heard)
        {
            if (_heard.Count < MostHeard)
            {
                _heard.Add((way, frame));
            }
        }
    }

    private NodeCredential? Credential(string file) => Load(Path.Combine(_server.DataDir, file));

    private static NodeCredential? Load(string path) => NodeCredential.TryLoad(path, out var credential) ? credential : null;

    /// <summary>An error or worse, in the words of either program's log.</summary>
    private static bool IsFault(string line)
    {
        if (!line.StartsWith('{'))
        {
            return line.Contains("Unhandled exception", StringComparison.Ordinal);
        }

        var entry = JsonSerializer.Deserialize<JsonElement>(line);
        // Not an error of its own: a hostile site signs nothing that verifies, and the coordinator says so.
        if (entry.TryGetProperty("Category", out var category) && category.GetString() == "Hanse.Coordinator.Audit.CheckpointDriver")
        {
            return false;
        }

        return new[] { "LogLevel", "level" }.Any(name =>
            entry.TryGetProperty(name, out var level) && level.GetString() is { } text
            && (text.Equals("error", StringComparison.OrdinalIgnoreCase) || text.Equals("critical", StringComparison.OrdinalIgnoreCase)));
    }
}
