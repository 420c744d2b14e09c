using Google.Protobuf;
using Hanse.Coordinator.Gateways;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Tests.Gateways;

/// <summary>Which routes a gateway gets (G1).</summary>
public sealed class GatewayRoutePlannerTests
{
    private static readonly DateTimeOffset Day = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RouteEntry Coordinator = new() { Kind = NodeKind.Coordinator, Name = "coordinator", ServerNames = { "hq.test", "link.hq.test" }, Addresses = { "10.0.0.1:7443" } };

    [Theory]
    [InlineData(SiteLifecycle.Pending, false)]
    [InlineData(SiteLifecycle.Enrolled, true)]
    [InlineData(SiteLifecycle.Suspended, true)]
    [InlineData(SiteLifecycle.Removed, false)]
    public void Only_sites_that_joined_and_were_not_removed_are_routed(SiteLifecycle lifecycle, bool routed) =>
        Assert.Equal(routed, GatewayRoutePlanner.Plan(Gateway(), [Site("north", lifecycle)], Coordinator).Any(r => r.Name == "north"));

    [Fact]
    public void A_name_that_two_claim_goes_to_the_first_and_the_coordinators_to_nobody_else()
    {
        var routes = GatewayRoutePlanner.Plan(
            Gateway(), [Site("late", created: 2, names: ["Both.test", "late.test"]), Site("early", created: 1, names: ["both.test"]), Site("thief", created: 0, names: ["HQ.test"])], Coordinator);

        Assert.Equal(["coordinator", "early", "late"], routes.Select(r => r.Name));
        Assert.Equal(["both.test", "link.both.test"], routes[1].ServerNames);
        Assert.Equal(["late.test", "link.late.test"], routes[2].ServerNames);
    }

    [Fact]
    public void A_site_that_was_taken_back_without_names_or_addresses_has_no_route() =>
        Assert.Empty(GatewayRoutePlanner.Plan(Gateway(console: false), [Site("bare", names: []), Site("lost", addresses: [])], Coordinator));

    [Fact]
    public void The_same_registry_in_another_order_gives_the_same_bytes()
    {
        SiteRow[] sites = [Site("a"), Site("b"), Site("c")];

        Assert.Equal(Bytes(sites), Bytes([.. sites.Reverse()]));

        static byte[] Bytes(SiteRow[] sites) => new RouteSnapshot { Routes = { GatewayRoutePlanner.Plan(Gateway(), sites, Coordinator) } }.ToByteArray();
    }

    private static GatewayRow Gateway(bool console = true) => new() { Id = GatewayId.New().Value, Name = "door", Status = 1, Addresses = [], Console = console };

    private static SiteRow Site(
        string name, SiteLifecycle lifecycle = SiteLifecycle.Enrolled, int created = 0, string[]? names = null, string[]? addresses = null) => new()
    {
        Key = 1, Id = GatewayId.New().Value, Name = name, Status = (short)lifecycle, ExternalNames = names ?? [$"{name}.test"], Addresses = addresses ?? ["10.0.0.2:7443"],
        CreatedAt = Day.AddDays(created),
    };
}
