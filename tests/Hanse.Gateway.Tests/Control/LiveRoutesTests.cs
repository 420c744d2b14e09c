using System.Net;
using Hanse.Gateway.Control;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Tests.Relay;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;
using Hanse.Trust.Verification;

namespace Hanse.Gateway.Tests.Control;

/// <summary>A snapshot that is refused changes nothing for those who are relayed by the one before (G1).</summary>
public sealed class LiveRoutesTests : IDisposable
{
    private static readonly byte[] Hello = HelloBytes.Make("north.test", 200);
    private readonly TestFolder _folder = new();
    private readonly TestPki _pki = new(TimeProvider.System);
    private readonly GatewayId _gateway = GatewayId.New();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Forged_and_older_snapshots_are_counted_and_every_stream_and_route_stays()
    {
        using var backend = new Backend().Echoing();
        using var elsewhere = new Backend();
        using var door = new Door(null);
        var routes = CurrentRoutes.Open(_folder.File("routes.bin"), _gateway, CurrentTrust.InMemory(_pki.Anchors), out _);
        var feed = new RouteFeed(door.Plane.Swap, routes, new AddressResolver(Dns.GetHostAddressesAsync, TimeProvider.System), GatewayLog.None, TimeProvider.System);
        Assert.Null(routes.Accept(RouteSignature.Sign(Snapshot(_pki, 5, backend), _pki.Coordinator)));
        await feed.ApplyAsync(default);
        using var client = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await client.ReadExactlyAsync(Hello.Length));

        var stranger = new TestPki(TimeProvider.System);
        var changed = RouteSignature.Sign(Snapshot(_pki, 6, backend), _pki.Coordinator);
        changed.Routes = Google.Protobuf.ByteString.CopyFrom(Google.Protobuf.MessageExtensions.ToByteArray(Snapshot(_pki, 6, elsewhere)));
        (SignedRoutes Offered, string Code)[] bad =
        [
            (RouteSignature.Sign(Snapshot(_pki, 4, elsewhere), _pki.Coordinator), ErrorCodes.RoutesOutdated),
            (RouteSignature.Sign(Snapshot(_pki, 6, elsewhere), stranger.Coordinator), ErrorCodes.RoutesNotTrusted),
            (changed, ErrorCodes.RoutesNotTrusted),
        ];
        foreach (var (offered, code) in bad)
        {
            Assert.Equal(code, routes.Accept(offered)?.Code);
            await feed.ApplyAsync(default);
        }

        await client.SendAsync("still"u8.ToArray());
        Assert.Equal("still"u8.ToArray(), await client.ReadExactlyAsync(5));
        using var newcomer = await door.ConnectAsync(Hello);
        Assert.Equal(Hello, await newcomer.ReadExactlyAsync(Hello.Length));
        Assert.True(elsewhere.IsUntouched);
        var report = new GatewayReport();
        feed.Describe(report);
        Assert.Equal((3UL, 5UL), (report.RefusedSnapshots, report.Number));
    }

    private RouteSnapshot Snapshot(TestPki pki, ulong number, Backend to) => new()
    {
        FederationId = pki.Federation.ToWire(), GatewayId = _gateway.ToWire(), IncarnationNumber = 1, Number = number, IssuedUnixS = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
        Routes = { new RouteEntry { Kind = NodeKind.Site, NodeId = SiteId.New().ToWire(), Name = "north", ServerNames = { "north.test" }, Addresses = { to.Address.ToString() } } },
    };
}
