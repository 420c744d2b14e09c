using System.Diagnostics;
using System.Globalization;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>Laptops leave the building and come back, with the real programs, two doors and networks of their own.</summary>
[Collection(ChaosTests.OneAtATime)]
public sealed class RoamingTests
{
    private const string Laptop = "laptop-1";
    private const string Other = "laptop-2";
    private const string Stranger = "laptop-3";
    private const string Identity = "site/identity";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private RoamingWorld _world = null!;
    private Whereabouts _whereabouts = null!;

    [Fact]
    public async Task Laptops_that_reach_only_a_door_stay_managed_and_come_home()
    {
        await using var world = _world = await RoamingWorld.PrepareAsync();
        _whereabouts = new(world);
        await world.AddServerAsync(RoamingWorld.Coordinator);
        await world.AddServerAsync("north");
        await world.AddDoorAsync("door-1");
        await world.AddDoorAsync("door-2");
        await world.AddLaptopAsync(Laptop, "north", inside: true);
        await world.AddLaptopAsync(Other, "north", inside: true);
        await _whereabouts.InsideAsync(Laptop);
        await _whereabouts.InsideAsync(Other);
        await DoorsAreKnownAsync();
        Tell("two laptops are linked inside");

        var command = await LongCommand.StartAsync(world, Laptop);
        await LeaveAsync(Laptop, Other);
        await command.FlowsAsync();
        await ManagedAsync();
        await UpgradedAsync(command);
        await LateSiteIsReachedAsync();
        NoKeyAtTheDoors();
        Tell($"through upgraded doors: {await command.EndAsync()} lines, complete");

        command = await LongCommand.StartAsync(world, Laptop);
        await OneDoorDiesAsync();
        await command.FlowsAsync();
        await ComeHomeAsync(Laptop);
        await command.FlowsAsync();
        await LeaveAsync(Laptop);
        await command.FlowsAsync();
        Tell($"home and away again: {await command.EndAsync()} lines, complete");
    }

    /// <summary>They learn of the doors from their site alone.</summary>
    private async Task DoorsAreKnownAsync()
    {
        foreach (var laptop in _world.Laptops.Keys)
        {
            await Wait.For($"{laptop} to know the doors", async () =>
            {
                var (code, output) = await _world.RunAsync(laptop, RealProcess.Program("hanse-agent"), "status", "--data", _world.DataOf(laptop), "-o", "json");
                return code == 0 && output.Contains($"{RoamingWorld.DoorName}:{RoamingWorld.DoorPort}", StringComparison.Ordinal);
            }, Patience, _world.Describe);
        }
    }

    private async Task LeaveAsync(params string[] laptops)
    {
        foreach (var laptop in laptops)
        {
            await _world.Ground.UnplugAsync(laptop, true);
        }

        foreach (var laptop in laptops)
        {
            await _whereabouts.OutsideAsync(laptop);
        }

        Tell($"{string.Join(" and ", laptops)} out, through {_whereabouts.DoorOf(laptops[0])!.Node.Name}");
    }

    private async Task ComeHomeAsync(string laptop)
    {
        await _world.Ground.UnplugAsync(laptop, false);
        await _whereabouts.InsideAsync(laptop);
        Tell($"{laptop} is home");
    }

    /// <summary>Inventory and metrics of both, and nothing inside can be reached but through a door.</summary>
    private async Task ManagedAsync()
    {
        var (code, said) = await DoctorAsync("north", $"{_world.Addresses["north"]}:{RoamingWorld.ServerPort}");
        Assert.True(code == 1, said);
        Assert.Matches("(?m)^failed +tcp ", said);
        foreach (var laptop in _world.Hosts.Keys)
        {
            await (await News.OfAsync(_world, laptop)).ArriveAsync();
        }

        Tell("inventory and metrics arrive");
    }

    /// <summary>No link ends by it.</summary>
    private async Task UpgradedAsync(LongCommand command)
    {
        var before = _world.Laptops.Keys.Select(_whereabouts.LinksOf).ToList();
        foreach (var door in _world.Doors)
        {
            await door.UpgradeAsync();
        }

        await command.FlowsAsync();
        Assert.All(_world.Laptops.Keys, laptop => Assert.True(_whereabouts.DoorOf(laptop) is not null, _world.Describe()));
        Assert.Equal(before, _world.Laptops.Keys.Select(_whereabouts.LinksOf));
        Tell("both doors were upgraded, and no link ended");
    }

    /// <summary>A site that joins now is behind both doors, and nobody told them but the coordinator.</summary>
    private async Task LateSiteIsReachedAsync()
    {
        await _world.AddServerAsync("late");
        var (code, said) = (1, "");
        await Wait.For("the late site to be reached through both doors", async () =>
        {
            (code, said) = await DoctorAsync("late", $"{RoamingWorld.DoorName}:{RoamingWorld.DoorPort}");
            return code == 0;
        }, Patience, () => said);
        Assert.Equal(_world.Doors.Count, said.Split('\n').Count(l => l.StartsWith("ok", StringComparison.Ordinal) && l.Contains(" link ", StringComparison.Ordinal)));
        await _world.AddLaptopAsync(Stranger, "late", inside: false);
        await _whereabouts.OutsideAsync(Stranger);
        await Wait.For($"{Stranger} to be in the directory", async () => await _world.Api(RoamingWorld.Coordinator).GetAsync($"hosts/{_world.Hosts[Stranger]}") is { } shown
            && RoamingWorld.Text(shown, "status") == "online", Patience, _world.Describe);
        Tell("a third site is behind the doors, and a laptop that was never inside has joined it");
    }

    private async Task<(int Code, string Said)> DoctorAsync(string site, string address) => await _world.RunAsync(
        Laptop, RealProcess.Program("hanse"), "gateway", "doctor", RoamingWorld.NameOf(site), "--address", address, "--roots", await _world.RootsAsync("north"));

    /// <summary>The same search finds each key where it belongs.</summary>
    private void NoKeyAtTheDoors()
    {
        var sites = KeySearch.Of([.. new[] { "north", "late" }.SelectMany(s => new[] { "server.pem", "issuer.pem" }.Select(f => Path.Combine(_world.DataOf(s), Identity, f)))]);
        Assert.True(sites.InMemory(_world.ProcessOf("north")).Found > 0);
        Assert.Contains(Path.Combine(_world.DataOf("north"), Identity, "server.pem"), sites.InFiles(Path.Combine(_world.DataOf("north"), Identity)));
        foreach (var door in _world.Doors)
        {
            var credential = Path.Combine(door.Node.Data, "credential.pem");
            var own = KeySearch.Of(credential);
            Assert.True(own.InMemory(door.ProcessId).Found > 0, $"The search did not find {door.Node.Name}'s own key in its memory.");
            Assert.Equal([credential], own.InFiles(Path.Combine(_world.Folder, door.Node.Name)));

            var (found, bytes) = sites.InMemory(door.ProcessId);
            Assert.Equal(0, found);
            Assert.Empty(sites.InFiles(Path.Combine(_world.Folder, door.Node.Name)));
            Tell(string.Create(CultureInfo.InvariantCulture, $"no site's key in {bytes >> 20} MiB of {door.Node.Name}'s memory"));
        }
    }

    private async Task OneDoorDiesAsync()
    {
        var dead = _whereabouts.DoorOf(Laptop)!;
        var other = _world.Doors.Single(d => d != dead);
        await dead.KillAsync();
        foreach (var laptop in _world.Laptops.Keys)
        {
            await _whereabouts.ThroughAsync(laptop, other);
        }

        Tell($"{dead.Node.Name} was killed; both are at {other.Node.Name}");
    }

    private void Tell(string what) => Console.Error.WriteLine($"roaming {_watch.Elapsed.TotalSeconds,6:0.0} s: {what}");
}
