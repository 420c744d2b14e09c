using System.Security.Cryptography;
using Hanse.Up.Processes;
using Hanse.Up.Servers;
using Hanse.Up.State;

namespace Hanse.Up;

/// <summary>Brings the demo federation up, starting only what is missing: 1 ports, 2 coordinator, 3 sites, 4 one agent of this machine at
/// the first site, 5 simulated agents, 6 a gateway if one is wanted, 7 wait until everything is online, 8 the administrator's password and the CLI's profile.
/// Each step is recorded as soon as it is done, so a run that was cut off is taken up by the next.</summary>
internal sealed class Starter(Places places, UpStateFile file, Progress progress)
{
    private const string Administrator = "admin";
    private const string GatewayKey = "gateway";
    private const string GatewayName = "door";
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan OnlineDeadline = TimeSpan.FromMinutes(1);

    private IReadOnlyList<DemoSite> _sites = [];

    public async Task StartAsync(UpOptions options, CancellationToken cancellation)
    {
        // 1
        Remember(options);
        // 2
        var coordinator = await CoordinatorAsync(cancellation);
        using var api = new LocalApi(Path.Combine(coordinator.DataDir, "coordinator.sock"));
        // 3
        await Task.WhenAll(_sites.Select(site => SiteAsync(site, api, cancellation)));
        // 4
        var agent = await AgentAsync(api, cancellation);
        // 5
        await SimulatorAsync(api, cancellation);
        // 6
        await GatewayAsync(api, cancellation);
        // 7
        await OnlineAsync(api, agent, cancellation);
        // 8
        await ProfileAsync(api, coordinator, cancellation);
    }

    private void Remember(UpOptions options)
    {
        var count = options.Sites ?? (file.State.Sites.Count == 0 ? 2 : file.State.Sites.Count);
        if (count < file.State.Sites.Count)
        {
            throw new UpException($"there are {file.State.Sites.Count} sites already, and --sites {count} would lose some. Take more, or another --data DIR.");
        }

        _sites = DemoSite.Take(count);
        file.Save(file.State with
        {
            Sites = [.. _sites.Select(s => s.Name)],
            Simulate = options.Simulate ?? file.State.Simulate,
            Gateway = options.Gateway || file.State.Gateway,
            Ports = Ports.Complete(file.State.Ports, ["coordinator", .. _sites.Select(s => s.Key), .. options.Gateway || file.State.Gateway ? [GatewayKey] : Array.Empty<string>()], places.Data),
        });
    }

    private async Task<StartedProcess> CoordinatorAsync(CancellationToken cancellation)
    {
        var server = Server("coordinator", "coordinator", "coordinator", "localhost");
        using var api = new LocalApi(Path.Combine(server.DataDir, "coordinator.sock"));
        await progress.WaitAsync("it answered on its socket", StartDeadline, server, api.IsReadyAsync, cancellation);
        return server;
    }

    /// <summary>Starts a site and, unless the coordinator knows it as enrolled, joins it: the join string goes over the site's own socket.</summary>
    private async Task SiteAsync(DemoSite site, LocalApi coordinator, CancellationToken cancellation)
    {
        var server = Server("site", site.Name, site.Key, site.ExternalName);
        using var api = new LocalApi(Path.Combine(server.DataDir, "site.sock"));
        await progress.WaitAsync("it answered on its socket", StartDeadline, server, api.IsReadyAsync, cancellation);
        if (await StatusAsync(coordinator, site.Name, "status", cancellation) is "enrolled")
        {
            return;
        }

        progress.Tell($"Joining site {site.Name}.");
        var invitation = await coordinator.PostAsync("sites/invitations",
            new { name = site.Name, externalNames = new[] { site.ExternalName }, addresses = new[] { $"127.0.0.1:{file.State.Ports[site.Key]}" }, location = site.Location, latitude = site.Latitude, longitude = site.Longitude }, cancellation);
        await api.PostAsync("site/join", new { joinString = invitation.GetProperty("joinString").GetString() }, cancellation);
    }

    private async Task<StartedProcess> AgentAsync(LocalApi coordinator, CancellationToken cancellation)
    {
        const string Key = "agent";
        var data = places.DataOf(Key);
        if (file.State.Find(Key, _sites[0].Name) is { IsAlive: true } running)
        {
            return running;
        }

        if (!file.State.HasAgent)
        {
            progress.Tell($"Joining this machine's agent at {_sites[0].Name}.");
            var (exit, output, error) = await Launcher.RunAsync(places.Agent, ["join", "--data", data], await InviteAsync(coordinator, _sites[0].Name, cancellation) + "\n", cancellation);
            if (exit != 0)
            {
                throw new UpException($"hanse-agent join failed ({exit}): {error}{output}");
            }

            file.Save(file.State with { HasAgent = true });
        }

        progress.Tell("Starting this machine's agent.");
        var stamp = Launcher.Start(places.LogOf(Key), places.Agent, "run", "--data", data);
        return Record(new StartedProcess(Key, _sites[0].Name, stamp, "", data, places.LogOf(Key)));
    }

    /// <summary>One process for all simulated agents. It takes one join string a site, a line each, and keeps its keys in its data folder.</summary>
    private async Task SimulatorAsync(LocalApi coordinator, CancellationToken cancellation)
    {
        const string Role = "simulator";
        if (file.State.Simulate == 0 || file.State.Find(Role, Role) is { IsAlive: true })
        {
            return;
        }

        progress.Tell($"Starting {file.State.Simulate} simulated agents.");
        var strings = await Task.WhenAll(_sites.Select(site => InviteAsync(coordinator, site.Name, cancellation)));
        var stamp = Launcher.StartWithInput(string.Join('\n', strings) + "\n", places.LogOf(Role), places.Simulator,
            ["simulate", "--count", $"{file.State.Simulate}", "--data", places.DataOf(Role)]);
        Record(new StartedProcess(Role, Role, stamp, "", places.DataOf(Role), places.LogOf(Role)));
    }

    /// <summary>Invites a gateway, joins it, and starts it on a port of its own, which agents are told of.</summary>
    private async Task GatewayAsync(LocalApi coordinator, CancellationToken cancellation)
    {
        if (!file.State.Gateway || file.State.Find(GatewayKey, GatewayKey) is { IsAlive: true })
        {
            return;
        }

        var (data, address) = (places.DataOf(GatewayKey), $"127.0.0.1:{file.State.Ports[GatewayKey]}");
        if (!File.Exists(Path.Combine(data, "credential.pem")))
        {
            progress.Tell("Joining the gateway.");
            if (await GatewayLinkAsync(coordinator, cancellation) is not null)
            {
                await coordinator.PostAsync($"gateways/{GatewayName}/remove", new { reason = "its data is gone, or its joining was cut off" }, cancellation);
            }

            var invitation = await coordinator.PostAsync("gateways/invitations", new { name = GatewayName, addresses = new[] { address } }, cancellation);
            var (exit, output, error) = await Launcher.RunAsync(places.Gateway, ["join", "--data", data], invitation.GetProperty("joinString").GetString() + "\n", cancellation);
            if (exit != 0)
            {
                throw new UpException($"hanse-gateway join failed ({exit}): {error}{output}");
            }
        }

        progress.Tell("Starting the gateway.");
        var stamp = Launcher.Start(places.LogOf(GatewayKey), places.Gateway, "run", "--data", data, "--listen", address, "--takeover-socket", Path.Combine(data, "takeover.sock"));
        var gateway = Record(new StartedProcess(GatewayKey, GatewayKey, stamp, $"tls://{address}", data, places.LogOf(GatewayKey)));
        await progress.WaitAsync("its link was online", OnlineDeadline, gateway, async c => await GatewayLinkAsync(coordinator, c) is "online", cancellation);
    }

    private async Task OnlineAsync(LocalApi coordinator, StartedProcess agent, CancellationToken cancellation)
    {
        progress.Tell("Waiting until all are online.");
        foreach (var site in _sites)
        {
            await progress.WaitAsync("its link was online", OnlineDeadline, file.State.Find("site", site.Name)!,
                async c => await StatusAsync(coordinator, site.Name, "link", c) is "online", cancellation);
        }

        await progress.WaitAsync("this machine was in the directory", OnlineDeadline, agent, async c =>
            (await coordinator.GetAsync($"hosts?limit=1&site={_sites[0].Name}&q={Uri.EscapeDataString(Environment.MachineName)}", c)).GetProperty("items").GetArrayLength() > 0, cancellation);
    }

    /// <summary>The first time, gives the administrator a password, stores a profile by logging in with it, and shows it: it is kept nowhere.</summary>
    private async Task ProfileAsync(LocalApi coordinator, StartedProcess server, CancellationToken cancellation)
    {
        var address = $"https://localhost:{file.State.Ports["coordinator"]}";
        if (file.State.HasPassword && File.Exists(places.Profile))
        {
            progress.Tell("Ready.");
            Console.Out.WriteLine($"Address:  {address}\nTry:      ./hanse site list");
            return;
        }

        var password = RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 20);
        await coordinator.PostAsync($"users/{Administrator}/password", new { password }, cancellation);
        var (exit, output, error) = await Launcher.RunAsync(places.Server,
            ["login", address, "--profile", places.Profile, "--user", Administrator, "--pin", await PinAsync(coordinator, cancellation)], password + "\n", cancellation);
        if (exit != 0)
        {
            throw new UpException($"hanse login failed ({exit}): {error}{output}{LogTail.Of(server.Log)}");
        }

        file.Save(file.State with { HasPassword = true });
        progress.Tell("Ready.");
        Console.Out.WriteLine($"Address:  {address}\nUser:     {Administrator}\nPassword: {password}   (shown this once)\nTry:      ./hanse site list");
    }

    private StartedProcess Server(string role, string name, string key, string externalName)
    {
        if (file.State.Find(role, name) is { IsAlive: true } running)
        {
            return running;
        }

        progress.Tell($"Starting {role}{(role == name ? "" : " " + name)}.");
        var port = file.State.Ports[key];
        if (!Ports.CanListen(port))
        {
            throw new UpException($"port {port}, on which {role} {name} was joined, is taken by another program. Free it, or start anew with another --data DIR.");
        }

        var config = ServerFile.Write(role, places.DataOf(key), port, externalName);
        var stamp = Launcher.Start(places.LogOf(key), places.Server, "serve", "--config", config);
        return Record(new StartedProcess(role, name, stamp, $"https://127.0.0.1:{port}", places.DataOf(key), places.LogOf(key)));
    }

    private StartedProcess Record(StartedProcess process)
    {
        file.Save(file.State.With(process));
        return process;
    }

    /// <summary>Of the federation's root, over the socket, so that the login trusts exactly this coordinator.</summary>
    private static async Task<string> PinAsync(LocalApi coordinator, CancellationToken cancellation) =>
        (await coordinator.GetAsync("status", cancellation)).GetProperty("rootPins")[0].GetString()!;

    private static async Task<string> InviteAsync(LocalApi coordinator, string site, CancellationToken cancellation) =>
        (await coordinator.PostAsync("agents/invitations", new { site }, cancellation)).GetProperty("joinString").GetString()!;

    private static Task<string?> GatewayLinkAsync(LocalApi coordinator, CancellationToken cancellation) => FieldAsync(coordinator, "gateways", GatewayName, "link", cancellation);

    private static Task<string?> StatusAsync(LocalApi coordinator, string site, string field, CancellationToken cancellation) =>
        FieldAsync(coordinator, "sites", site, field, cancellation);

    /// <summary>Null if the list has nothing of this name.</summary>
    private static async Task<string?> FieldAsync(LocalApi coordinator, string list, string name, string field, CancellationToken cancellation)
    {
        var found = await coordinator.GetAsync(list, cancellation);
        var items = found.ValueKind == System.Text.Json.JsonValueKind.Array ? found : found.GetProperty("items");
        foreach (var item in items.EnumerateArray())
        {
            if (item.GetProperty("name").GetString() == name)
            {
                return item.GetProperty(field).GetString();
            }
        }

        return null;
    }
}
