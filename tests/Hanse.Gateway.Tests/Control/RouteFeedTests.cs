using System.Net;
using System.Net.Sockets;
using Hanse.Gateway.Control;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Routes;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Verification;

namespace Hanse.Gateway.Tests.Control;

/// <summary>Which routes are in force, from the machine's file and from the coordinator.</summary>
public sealed class RouteFeedTests : IDisposable
{
    private static readonly RouteSpec Own = new("own", ["both.test", "own.test"], [IPEndPoint.Parse("192.0.2.1:443")]);
    private readonly TestFolder _folder = new();
    private readonly ManualClock _clock = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TestPki _pki;
    private readonly GatewayId _gateway = GatewayId.New();
    private readonly CurrentRoutes _snapshot;
    private readonly List<IReadOnlyList<RouteSpec>> _swaps = [];
    private readonly Dictionary<string, string> _dns = new(StringComparer.Ordinal) { ["site.internal"] = "10.0.0.9" };
    private readonly RouteFeed _feed;
    private ulong _number;

    public RouteFeedTests()
    {
        _pki = new TestPki(_clock);
        _snapshot = CurrentRoutes.Open(_folder.File("routes.bin"), _gateway, CurrentTrust.InMemory(_pki.Anchors), out _);
        var resolver = new AddressResolver(
            (host, _) => _dns.TryGetValue(host, out var ip) ? Task.FromResult<IPAddress[]>([IPAddress.Parse(ip)]) : Task.FromException<IPAddress[]>(new SocketException(11001)), _clock);
        _feed = new RouteFeed(_swaps.Add, _snapshot, resolver, GatewayLog.None, _clock);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_file_comes_first_and_names_that_both_have_are_told()
    {
        Take(Entry("north", ["both.test", "north.test"], "10.0.0.2:7443"));

        await _feed.SetFileAsync([Own], default);

        Assert.Equal([Own.Key, _snapshot.Value!.Routes.Select(RouteEntries.Key).Single()], _swaps.Single().Select(r => r.Key));
        Assert.Equal(["both.test"], _feed.Conflicts);
        Assert.Equal("own", RouteTable.Build([.. _swaps.Single().Select((s, i) => new Route(s, i, []))]).Find("both.test")!.Spec.Key);
    }

    public static TheoryData<string> Changes => ["names", "addresses", "proxy", "route id", "standby", "pseudonymous", "reject", "default", "limit", "idle", "choice"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Whatever_of_a_route_changes_is_in_force_and_the_same_again_is_no_change(string what)
    {
        await _feed.SetFileAsync([Own], default);
        await _feed.SetFileAsync([Own with { ServerNames = [.. Own.ServerNames], Addresses = [.. Own.Addresses], StandbyAddresses = [] }], default);
        Assert.Single(_swaps);

        await _feed.SetFileAsync(
            [
                what switch
                {
                    "names" => Own with { ServerNames = ["own.test"] },
                    "addresses" => Own with { Addresses = [IPEndPoint.Parse("192.0.2.2:443")] },
                    "proxy" => Own with { ProxyProtocol = true },
                    "route id" => Own with { RouteId = 7 },
                    "standby" => Own with { StandbyAddresses = [IPEndPoint.Parse("192.0.2.3:443")] },
                    "pseudonymous" => Own with { Pseudonymous = true },
                    "reject" => Own with { Reject = true },
                    "default" => Own with { IsDefault = true },
                    "limit" => Own with { MaxConnections = 5 },
                    "idle" => Own with { IdleTimeout = TimeSpan.FromMinutes(1) },
                    _ => Own with { Choice = Enum.GetValues<UpstreamChoice>().First(c => c != Own.Choice) },
                },
            ],
            default);

        Assert.Equal(2, _swaps.Count);
    }

    [Fact]
    public async Task Names_are_looked_up_and_the_last_answer_stays_when_the_name_server_is_away()
    {
        Take(Entry("north", ["north.test"], "site.internal:7443"));
        await _feed.ApplyAsync(default);
        _dns.Clear();
        await _feed.ApplyAsync(default);

        Assert.Equal([IPEndPoint.Parse("10.0.0.9:7443")], _swaps.Single().Single().Addresses);

        _dns["site.internal"] = "10.0.0.10";
        await _feed.ApplyAsync(default);
        Assert.Equal([IPEndPoint.Parse("10.0.0.10:7443")], _swaps[1].Single().Addresses);
    }

    [Fact]
    public async Task A_route_that_no_address_is_known_of_is_no_removed_one_and_has_an_address_when_there_is_one()
    {
        Take(Entry("north", ["north.test"], "new.internal:7443"));
        await _feed.SetFileAsync([Own], default);
        Assert.Empty(_swaps.Single()[1].Addresses);

        _dns["new.internal"] = "10.0.0.11";
        await _feed.ApplyAsync(default);

        Assert.Equal([IPEndPoint.Parse("10.0.0.11:7443")], _swaps[1][1].Addresses);
    }

    [Fact]
    public async Task What_has_not_changed_is_not_put_in_force_again()
    {
        Take(Entry("north", ["north.test"], "10.0.0.2:7443"));
        await _feed.ApplyAsync(default);
        await _feed.ApplyAsync(default);

        Assert.Single(_swaps);
    }

    [Fact]
    public async Task A_site_that_was_renamed_keeps_the_key_of_its_route()
    {
        var entry = Entry("north", ["north.test"], "10.0.0.2:7443");
        Take(entry);
        await _feed.ApplyAsync(default);
        entry = entry.Clone();
        (entry.Name, entry.ServerNames[0]) = ("south", "south.test");
        Take(entry);
        await _feed.ApplyAsync(default);

        Assert.Equal(_swaps[0].Single().Key, _swaps[1].Single().Key);
    }

    private void Take(params RouteEntry[] entries)
    {
        var snapshot = new RouteSnapshot
        {
            FederationId = _pki.Federation.ToWire(), GatewayId = _gateway.ToWire(), IncarnationNumber = 1, Number = ++_number, IssuedUnixS = _clock.GetUtcNow().ToUnixTimeSeconds(),
        };
        snapshot.Routes.AddRange(entries);
        Assert.Null(_snapshot.Accept(RouteSignature.Sign(snapshot, _pki.Coordinator)));
    }

    private static RouteEntry Entry(string name, string[] names, string address) =>
        new() { Kind = NodeKind.Site, NodeId = SiteId.New().ToWire(), Name = name, ServerNames = { names }, Addresses = { address } };
}
