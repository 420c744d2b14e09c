using Google.Protobuf;
using Hanse.Gateway.Control;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Verification;

namespace Hanse.Gateway.Tests.Control;

/// <summary>Which snapshots are believed (G1).</summary>
public sealed class CurrentRoutesTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ManualClock _clock = new(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TestPki _pki;
    private readonly GatewayId _gateway = GatewayId.New();
    private readonly CurrentTrust _trust;

    public CurrentRoutesTests()
    {
        _pki = new TestPki(_clock);
        _trust = CurrentTrust.InMemory(_pki.Anchors);
    }

    private string FilePath => _folder.File("routes.bin");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_taken_is_there_after_a_restart_long_after_its_signers_end()
    {
        Assert.Null(Open(out _).Accept(Signed(1, 5, "north")));
        _clock.Advance(TimeSpan.FromDays(200));

        var again = Open(out var fault);

        Assert.Null(fault);
        Assert.Equal(("north", 5UL), (again.Value!.Routes.Single().Name, again.Value.Number));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(0, 9)]
    public void An_older_one_is_refused_and_counted(ulong incarnation, ulong number)
    {
        var routes = Open(out _);
        Assert.Null(routes.Accept(Signed(1, 5, "north")));

        Assert.Equal(ErrorCodes.RoutesOutdated, routes.Accept(Signed(incarnation, number, "older"))?.Code);

        Assert.Equal((1, "north"), (routes.Refused, routes.Value!.Routes.Single().Name));
        Assert.Equal("north", Open(out _).Value!.Routes.Single().Name);
    }

    [Theory]
    [InlineData(1, 6)]
    [InlineData(2, 1)]
    public void A_newer_one_takes_its_place(ulong incarnation, ulong number)
    {
        var routes = Open(out _);
        Assert.Null(routes.Accept(Signed(1, 5, "north")));

        Assert.Null(routes.Accept(Signed(incarnation, number, "south")));

        Assert.Equal("south", Open(out _).Value!.Routes.Single().Name);
    }

    [Fact]
    public void The_same_signed_anew_replaces_the_file_so_that_it_outlives_a_rotation_of_roots()
    {
        var routes = Open(out _);
        Assert.Null(routes.Accept(Signed(1, 5, "north")));
        var first = File.ReadAllBytes(FilePath);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Null(routes.Accept(Signed(1, 5, "north")));

        Assert.NotEqual(first, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void What_the_coordinator_did_not_sign_for_this_gateway_is_refused()
    {
        var routes = Open(out _);
        var forged = Signed(1, 6, "forged");
        forged.Routes = ByteString.CopyFrom([.. forged.Routes, 0x50, 0x01]);
        var site = RouteSignature.Sign(Snapshot(1, 6, "site"), _pki.AddSite("north.test").Credential);
        var foreign = RouteSignature.Sign(Snapshot(1, 6, "foreign"), new TestPki(_clock).Coordinator);
        var other = Snapshot(1, 6, "other");
        other.GatewayId = GatewayId.New().ToWire();
        var federation = Snapshot(1, 6, "federation");
        federation.FederationId = FederationId.New().ToWire();

        foreach (var offered in new[] { null, new SignedRoutes(), forged, site, foreign, RouteSignature.Sign(other, _pki.Coordinator), RouteSignature.Sign(federation, _pki.Coordinator) })
        {
            Assert.Equal(ErrorCodes.RoutesNotTrusted, routes.Accept(offered)?.Code);
        }

        Assert.Equal((7, null), (routes.Refused, routes.Value));
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void A_file_that_somebody_changed_counts_as_none_and_is_named()
    {
        Assert.Null(Open(out _).Accept(Signed(1, 5, "north")));
        var bytes = File.ReadAllBytes(FilePath);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(FilePath, bytes);

        var routes = Open(out var fault);

        Assert.Null(routes.Value);
        Assert.Equal((ErrorCodes.RoutesNotTrusted, true), (fault!.Code, fault.Message.Contains(FilePath, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Upper.test", "10.0.0.1:443")]
    [InlineData("north.test", "no port")]
    [InlineData("a b", "10.0.0.1:443")]
    public void A_route_that_makes_no_sense_is_refused_whole(string name, string address)
    {
        var snapshot = Snapshot(1, 5, "north");
        snapshot.Routes.Add(new RouteEntry { Kind = NodeKind.Coordinator, Name = "bad", ServerNames = { name }, Addresses = { address } });

        var routes = Open(out _);

        Assert.Equal(ErrorCodes.RoutesInvalid, routes.Accept(RouteSignature.Sign(snapshot, _pki.Coordinator))?.Code);
        Assert.Null(routes.Value);
    }

    [Fact]
    public void The_wish_to_drain_is_there_after_a_restart_until_another_one_comes()
    {
        var signed = Signed(1, 5, "north");
        Assert.Null(Open(out _).Accept(signed));
        Assert.Null(Open(out _).Drain);

        Assert.Null(Open(out _).Accept(signed, TimeSpan.FromMinutes(5)));
        var again = Open(out var fault);
        Assert.Null(fault);
        Assert.Equal((TimeSpan.FromMinutes(5), 5UL), (again.Drain!.Value, again.Value!.Number));

        // Zero is a drain at once, and no drain is another thing.
        Assert.Null(again.Accept(signed, TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, Open(out _).Drain);
        Assert.Equal(ErrorCodes.RoutesOutdated, again.Accept(Signed(1, 4, "older"))?.Code);
        Assert.Equal(TimeSpan.Zero, Open(out _).Drain);
        Assert.Null(again.Accept(signed));
        Assert.Null(Open(out _).Drain);
    }

    [Fact]
    public void A_file_of_a_gateway_that_kept_the_snapshot_alone_is_read_and_so_the_other_way_round()
    {
        File.WriteAllBytes(FilePath, Signed(1, 5, "north").ToByteArray());
        Assert.Equal(("north", null), (Open(out _).Value!.Routes.Single().Name, Open(out _).Drain));

        Assert.Null(Open(out _).Accept(Signed(1, 6, "south"), TimeSpan.FromSeconds(1)));
        Assert.NotNull(RouteSignature.Verify(SignedRoutes.Parser.ParseFrom(File.ReadAllBytes(FilePath)), _gateway, _trust.Value));
    }

    [Fact]
    public void What_another_process_stored_is_taken_when_read_again_and_nothing_older_or_damaged()
    {
        var (routes, other) = (Open(out _), Open(out _));
        Assert.False(routes.ReadAgain());
        Assert.Null(other.Accept(Signed(1, 5, "north"), TimeSpan.FromMinutes(5)));

        Assert.True(routes.ReadAgain());
        Assert.Equal(("north", TimeSpan.FromMinutes(5)), (routes.Value!.Routes.Single().Name, routes.Drain!.Value));
        Assert.False(routes.ReadAgain());

        Assert.Null(other.Accept(Signed(1, 5, "north")));
        Assert.True(routes.ReadAgain());
        Assert.Null(routes.Drain);

        File.WriteAllBytes(FilePath, Signed(1, 4, "older").ToByteArray());
        Assert.False(routes.ReadAgain());
        File.WriteAllBytes(FilePath, [1, 2, 3]);
        Assert.False(routes.ReadAgain());
        Assert.Equal(("north", 0), (routes.Value!.Routes.Single().Name, routes.Refused));

        other.Forget(); // this gateway was removed meanwhile
        Assert.True(routes.ReadAgain());
        Assert.Null(routes.Value);
    }

    [Fact]
    public void What_was_forgotten_stays_forgotten()
    {
        var routes = Open(out _);
        Assert.Null(routes.Accept(Signed(1, 5, "north")));

        routes.Forget();

        Assert.Null(routes.Value);
        Assert.Null(Open(out var fault).Value);
        Assert.Null(fault);
    }

    private CurrentRoutes Open(out Error? fault) => CurrentRoutes.Open(FilePath, _gateway, _trust, out fault);

    private SignedRoutes Signed(ulong incarnation, ulong number, string name) => RouteSignature.Sign(Snapshot(incarnation, number, name), _pki.Coordinator);

    private RouteSnapshot Snapshot(ulong incarnation, ulong number, string name) => new()
    {
        FederationId = _pki.Federation.ToWire(), GatewayId = _gateway.ToWire(), IncarnationNumber = incarnation, Number = number,
        IssuedUnixS = _clock.GetUtcNow().ToUnixTimeSeconds(),
        Routes = { new RouteEntry { Kind = NodeKind.Site, NodeId = SiteId.New().ToWire(), Name = name, ServerNames = { $"{name}.test" }, Addresses = { "10.0.0.2:7443" } } },
    };
}
