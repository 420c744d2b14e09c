using System.Diagnostics;
using System.Globalization;
using System.Net;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>Two doors behind one address, which real keepalived moves. The laptop has no other way to its site.</summary>
[Collection(ChaosTests.OneAtATime)]
public sealed class MovingAddressTests
{
    private const string Laptop = "laptop-1";
    private static readonly IPAddress Address = IPAddress.Parse("10.214.2.1");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly List<News> _news = [];
    private RoamingWorld _world = null!;
    private Whereabouts _whereabouts = null!;

    [Fact]
    public async Task Whatever_takes_a_door_its_address_moves_and_laptops_come_back_through_the_other()
    {
        await using var world = _world = await RoamingWorld.PrepareAsync(Address);
        _whereabouts = new(world);
        await world.AddServerAsync(RoamingWorld.Coordinator);
        await world.AddServerAsync("north");
        await world.AddDoorAsync("door-1");
        await world.AddDoorAsync("door-2");
        await Wait.For("one door to have the address", async () => (await HoldersAsync()).Count == 1, Patience, world.Describe);
        var standby = world.Doors.Except(await HoldersAsync()).Single();
        await StandsByAsync(standby);
        await standby.PauseAsync();
        await world.AddLaptopAsync(Laptop, "north", inside: false);
        await _whereabouts.ThroughAsync(Laptop, (await HoldersAsync()).Single());
        Tell($"a laptop is linked through {_whereabouts.DoorOf(Laptop)!.Node.Name}");
        var command = await LongCommand.StartAsync(world, Laptop);
        await RecoversAsync("hangs", standby, command, d => d.ResumeAsync());

        var dead = await MovesAsync("was killed", command, d => d.KillAsync());
        await RecoversAsync("was killed", dead, command, d => d.StartAsync());
        await MovesAsync("lost power", command, d => d.LosePowerAsync(world.Ground));
        var lines = await command.EndAsync();
        foreach (var news in _news)
        {
            await news.ArriveAsync();
        }

        Tell($"nothing is lost: one command through all of it has {lines} lines, complete, and inventory and metrics arrive");
    }

    private async Task<IReadOnlyList<RoamingDoor>> HoldersAsync()
    {
        var holders = new List<RoamingDoor>();
        foreach (var door in _world.Doors)
        {
            if (await _world.Ground.HasAddressAsync(door.Node.Name, Address))
            {
                holders.Add(door);
            }
        }

        return holders;
    }

    /// <summary>The door that has the address loses it, while there is news at the laptop. Returns that door.</summary>
    private async Task<RoamingDoor> MovesAsync(string how, LongCommand command, Func<RoamingDoor, Task> lose)
    {
        var loser = (await HoldersAsync()).Single();
        Assert.Equal(loser, _whereabouts.DoorOf(Laptop));
        var other = _world.Doors.Single(d => d != loser);
        var watch = Stopwatch.StartNew();
        await lose(loser);
        _news.Add(await News.OfAsync(_world, Laptop));
        await Wait.For($"the address to be at {other.Node.Name}", () => _world.Ground.HasAddressAsync(other.Node.Name, Address), Patience, _world.Describe);
        var moved = watch.Elapsed;
        await _whereabouts.ThroughAsync(Laptop, other);
        var back = watch.Elapsed;
        await command.FlowsAsync();
        var flows = watch.Elapsed;
        Tell(string.Create(CultureInfo.InvariantCulture,
            $"{loser.Node.Name} {how}; address moved after {moved.TotalSeconds:0.0} s, laptop back after {back.TotalSeconds:0.0} s, output after {flows.TotalSeconds:0.0} s"));
        return loser;
    }

    /// <summary>A door that does not work is not one to move to, also when its kernel takes connections; well again it stands by, and the address and every link stay where they are.</summary>
    private async Task RecoversAsync(string how, RoamingDoor door, LongCommand command, Func<RoamingDoor, Task> recover)
    {
        var (holder, links) = ((await HoldersAsync()).Single(), _whereabouts.LinksOf(Laptop));
        await Wait.For($"{door.Node.Name}, which {how}, to be out", () => door.Keepalived!.State == "FAULT", Patience, _world.Describe);
        await recover(door);
        await StandsByAsync(door);
        await command.FlowsAsync();
        Assert.Equal([holder], await HoldersAsync());
        Assert.Equal((holder, links), (_whereabouts.DoorOf(Laptop), _whereabouts.LinksOf(Laptop)));
        Tell($"{door.Node.Name}, which {how}, is well again and stands by");
    }

    private Task StandsByAsync(RoamingDoor door) =>
        Wait.For($"{door.Node.Name} to stand by", () => door.Keepalived!.State == "BACKUP", Patience, _world.Describe);

    private void Tell(string what) => Console.Error.WriteLine($"moving address {_watch.Elapsed.TotalSeconds,6:0.0} s: {what}");
}
