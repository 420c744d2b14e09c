using System.Net;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>Where the link of a laptop leads: to its site directly, or through which door.</summary>
internal sealed class Whereabouts(RoamingWorld world)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public Task InsideAsync(string laptop) =>
        Wait.For($"{laptop} to be linked to its site directly", () => IsInside(laptop) && DoorOf(laptop) is null, Patience, () => Describe(laptop));

    public Task OutsideAsync(string laptop) => ThroughAsync(laptop, "a door", _ => true);

    public Task ThroughAsync(string laptop, RoamingDoor door) => ThroughAsync(laptop, door.Node.Name, d => d == door);

    /// <summary>The door that holds the other end of one of the laptop's connections: an address alone may be that of several.</summary>
    public RoamingDoor? DoorOf(string laptop)
    {
        var ours = Connections.Of(world.Laptops[laptop].ProcessId);
        return world.Doors.Find(d => Connections.Of(d.ProcessId).Any(theirs => ours.Contains((theirs.Remote, theirs.Local))));
    }

    /// <summary>How many links it has had so far.</summary>
    public int LinksOf(string laptop) => File.ReadAllText(world.Laptops[laptop].Log).Split("link-opened").Length - 1;

    private Task ThroughAsync(string laptop, string what, Func<RoamingDoor, bool> wanted) =>
        Wait.For($"{laptop} to be linked through {what}", () => DoorOf(laptop) is { } door && wanted(door), Patience, () => Describe(laptop));

    private bool IsInside(string laptop) =>
        Connections.Of(world.Laptops[laptop].ProcessId).Any(c => c.Remote.Equals(new IPEndPoint(world.Addresses["north"], RoamingWorld.ServerPort)));

    private string Describe(string laptop) => $"{string.Join(", ", Connections.Of(world.Laptops[laptop].ProcessId).Select(c => c.Remote))}\n{world.Describe()}";
}
