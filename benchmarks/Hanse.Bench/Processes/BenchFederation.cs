using Hanse.Bench.Harness;
using Hanse.TestKit;
namespace Hanse.Bench.Processes;

/// <summary>A coordinator and sites as processes of their own, joined; ended and cleared away when disposed.</summary>
internal sealed class BenchFederation : IAsyncDisposable
{
    private static readonly TimeSpan OnlineDeadline = TimeSpan.FromMinutes(1);

    private BenchFederation(string folder, BenchServer coordinator) => (Folder, Coordinator) = (folder, coordinator);

    public string Folder { get; }

    public BenchServer Coordinator { get; }

    public List<BenchServer> Sites { get; } = [];

    /// <param name="sites">How many.</param>
    /// <param name="relay">The line that sites dial the coordinator over; null: they dial it themselves.</param>
    public static async Task<BenchFederation> StartAsync(int sites, TcpRelay? relay = null)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("hanse-bench-").FullName;
        BenchServer.Open(folder);
        var federation = new BenchFederation(folder, await BenchServer.StartAsync("coordinator", "coordinator", folder, "localhost", relay?.Port));
        Leftovers.Add(federation);
        if (relay is not null)
        {
            relay.Target = federation.Coordinator.Port;
            relay.Mend();
        }

        try
        {
            for (var number = 1; number <= sites; number++)
            {
                await federation.AddSiteAsync($"site{number}");
            }

            return federation;
        }
        catch
        {
            await federation.DisposeAsync();
            throw;
        }
    }

    /// <summary>A join string for agents of each site, a line each.</summary>
    public async Task<string> InviteAsync()
    {
        var strings = new List<string>();
        foreach (var site in Sites)
        {
            var invitation = await Coordinator.Api.PostAsync("agents/invitations", new { site = site.Process.Name });
            strings.Add(invitation.GetProperty("joinString").GetString()!);
        }

        return string.Join('\n', strings) + "\n";
    }

    /// <summary>Hosts in the directory, of all sites.</summary>
    public async Task<int> HostsAsync() => (await SitesAsync()).Sum(s => s.GetProperty("hostCount").GetInt32());

    /// <summary>What waits at the sites for the coordinator.</summary>
    public async Task<int> QueuedAsync() => (await SitesAsync()).Sum(s => s.GetProperty("queueDepth").GetInt32());

    public async ValueTask DisposeAsync()
    {
        Leftovers.Remove(this);
        foreach (var site in Sites)
        {
            await site.DisposeAsync();
        }

        await Coordinator.DisposeAsync();
        System.IO.Directory.Delete(Folder, recursive: true);
    }

    private async Task AddSiteAsync(string name)
    {
        var site = await BenchServer.StartAsync("site", name, Folder, name + ".localhost");
        Sites.Add(site);
        var invitation = await Coordinator.Api.PostAsync("sites/invitations",
            new { name, externalNames = new[] { name + ".localhost" }, addresses = new[] { $"127.0.0.1:{site.Port}" } });
        await site.Api.PostAsync("site/join", new { joinString = invitation.GetProperty("joinString").GetString() });
        await site.Process.UntilAsync(
            "its link was online",
            async () => (await SitesAsync()).Any(s => s.GetProperty("name").GetString() == name && s.GetProperty("link").GetString() == "online"),
            OnlineDeadline);
    }

    private async Task<List<System.Text.Json.JsonElement>> SitesAsync()
    {
        var answer = await Coordinator.Api.GetAsync("sites");
        return [.. (answer.ValueKind == System.Text.Json.JsonValueKind.Array ? answer : answer.GetProperty("items")).EnumerateArray()];
    }
}
