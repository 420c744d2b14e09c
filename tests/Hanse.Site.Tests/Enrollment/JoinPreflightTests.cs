using System.Net;
using System.Text.Json;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Site.Tests.Enrollment;

/// <summary>What a site looks at before it joins, over real sockets and TLS: each check fails by its own name, and then no token is sent.</summary>
public sealed class JoinPreflightTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly TestFolder _folder = new();
    private TestPki _pki = null!;
    private FakeCoordinator _coordinator = null!;
    private SiteHost _site = null!;

    public async ValueTask InitializeAsync()
    {
        _pki = new TestPki(_clock);
        _coordinator = new FakeCoordinator(_pki, _folder.File("coordinator.sock")) { OnCheck = _ => Answer() };
        await _coordinator.StartAsync();
        _site = new SiteHost { Clock = _clock };
        await _site.StartUnjoinedAsync(_pki);
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        await _coordinator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Given_nothing_in_the_way_When_checked_Then_all_is_well_and_the_token_was_not_sent()
    {
        var asked = new List<JoinCheck>();
        _coordinator.OnCheck = check =>
        {
            asked.Add(check);
            return Answer();
        };
        var invitation = Invitation();

        var (ok, checks) = await CheckAsync(invitation);

        Assert.True(ok);
        Assert.Equal(
            ["not-joined", "role", "join-string", "disk", "names", "reachability", "clock", "server", "token", "capabilities", "names-back"], checks.Keys);
        Assert.All(checks.Values, c => Assert.Equal("ok", c.Outcome));
        Assert.NotEqual(invitation.Secret, Assert.Single(asked).TokenDigest.ToByteArray());
    }

    [Fact]
    public async Task Given_a_port_where_nobody_listens_When_checked_Then_reachability_fails_and_what_needs_it_is_skipped()
    {
        var (ok, checks) = await CheckAsync(Invitation() with { Addresses = [new NodeAddress("127.0.0.1", 1)] });

        Assert.False(ok);
        Assert.Equal(("failed", ErrorCodes.Unreachable), (checks["reachability"].Outcome, checks["reachability"].Code));
        Assert.Equal(["clock", "server", "token", "capabilities", "names-back"], checks.Where(c => c.Value.Outcome == "skipped").Select(c => c.Key));
    }

    [Fact]
    public async Task Given_a_name_that_does_not_resolve_When_another_address_does_Then_it_is_a_warning_only()
    {
        var (ok, checks) = await CheckAsync(Invitation() with { Addresses = [new NodeAddress("nowhere.invalid", 7443), _coordinator.Address] });
        Assert.True(ok);
        Assert.Equal("warning", checks["names"].Outcome);

        (ok, checks) = await CheckAsync(Invitation() with { Addresses = [new NodeAddress("nowhere.invalid", 7443)] });
        Assert.False(ok);
        Assert.Contains("nowhere.invalid", checks["names"].Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "failed")]
    [InlineData(60, "warning")]
    public async Task Given_a_clock_that_is_wrong_When_checked_Then_it_is_named(int seconds, string outcome)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds)); // the Date of a real listener does not follow it

        Assert.Equal(outcome, (await CheckAsync(Invitation())).Checks["clock"].Outcome);
    }

    [Fact]
    public async Task Given_pins_of_another_root_When_checked_Then_the_server_fails()
    {
        var (ok, checks) = await CheckAsync(Invitation() with { RootPins = [SpkiHash.Of(new TestPki(_clock).Root.Certificate)] });

        Assert.False(ok);
        Assert.Equal(("failed", ErrorCodes.WrongPins), (checks["server"].Outcome, checks["server"].Code));
    }

    [Fact]
    public async Task Given_a_token_that_opens_nothing_When_joined_Then_the_join_stops_before_it_is_sent()
    {
        _coordinator.OnCheck = _ => new JoinCheckAnswer { Refusal = LinkErrors.Of(ErrorCodes.TokenUsed, "used") };

        // FakeCoordinator does not serve /join: to get there would be a failure of another kind.
        var (status, problem) = await _site.PostAsync("site/join", new { joinString = JoinString.Write(Invitation()) });

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.TokenUsed), (status, problem.GetProperty("code").GetString()));
        Assert.Contains("(check: token)", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.False(File.Exists(_site.FilePath("site/identity/joining.key")));
    }

    [Fact]
    public async Task Given_a_coordinator_without_a_capability_When_checked_Then_only_a_missing_protocol_stops_the_join()
    {
        _coordinator.OnCheck = _ => Answer(Capabilities.Requests);
        Assert.Equal("warning", (await CheckAsync(Invitation())).Checks["capabilities"].Outcome);

        _coordinator.OnCheck = _ => Answer(Capabilities.Streams);
        Assert.Equal("failed", (await CheckAsync(Invitation())).Checks["capabilities"].Outcome);

        _coordinator.OnCheck = null;
        Assert.True((await CheckAsync(Invitation())).Ok);
    }

    [Fact]
    public async Task Given_names_that_nobody_finds_When_checked_Then_it_is_said_of_either_side()
    {
        _coordinator.OnCheck = _ => Answer(address: "agents.invalid:7443");
        Assert.Contains("this machine cannot resolve", (await CheckAsync(Invitation())).Checks["names-back"].Advice, StringComparison.Ordinal);

        var answer = Answer();
        answer.Unresolved.Add("site.example");
        _coordinator.OnCheck = _ => answer;
        Assert.Contains("the coordinator cannot resolve site.example", (await CheckAsync(Invitation())).Checks["names-back"].Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hanse1:nonsense", ErrorCodes.JoinStringTruncated)]
    [InlineData("for an agent", ErrorCodes.JoinStringWrongKind)]
    public async Task Given_a_text_that_is_no_sites_join_string_When_checked_Then_it_fails_by_that_name(string text, string code)
    {
        var (status, body) = await _site.PostAsync("site/join", new
        {
            joinString = text.StartsWith("hanse1", StringComparison.Ordinal) ? text : JoinString.Write(Invitation() with { Kind = NodeKind.Agent }), checkOnly = true,
        });

        Assert.Equal((HttpStatusCode.OK, code), (status, Read(body).Checks["join-string"].Code));
    }

    [Fact]
    public async Task Given_a_coordinators_data_folder_When_checked_Then_the_roles_conflict()
    {
        Directory.CreateDirectory(_site.FilePath("coordinator"));

        var (ok, checks) = await CheckAsync(Invitation());

        Assert.False(ok);
        Assert.Equal(ErrorCodes.RoleConflict, checks["role"].Code);
    }

    [Fact]
    public async Task Given_a_site_that_has_joined_or_a_full_disk_When_checked_Then_each_is_named()
    {
        await using var full = new SiteHost { Clock = _clock, Pki = _pki, DiskFloor = long.MaxValue };
        await full.InitializeAsync();

        var (_, body) = await full.PostAsync("site/join", new { joinString = JoinString.Write(Invitation()), checkOnly = true });

        var checks = Read(body).Checks;
        Assert.Equal((ErrorCodes.AlreadyJoined, ErrorCodes.DiskFull), (checks["not-joined"].Code, checks["disk"].Code));
    }

    private static JoinCheckAnswer Answer(params uint[] capabilities) => Answer("127.0.0.1:7443", capabilities);

    private static JoinCheckAnswer Answer(string address, params uint[] capabilities) => new()
    {
        SiteName = "north", Addresses = { address }, Capabilities = { capabilities.Length > 0 ? capabilities : Capabilities.OfLink },
    };

    private JoinInvitation Invitation() => new()
    {
        Federation = _pki.Federation, Kind = NodeKind.Site, Addresses = [_coordinator.Address], ServerName = _pki.CoordinatorNames.LinkName,
        RootPins = [SpkiHash.Of(_pki.Root.Certificate)], Secret = new byte[JoinInvitation.SecretBytes], Expires = _clock.GetUtcNow().AddHours(1),
    };

    private async Task<(bool Ok, Dictionary<string, (string Outcome, string Advice, string? Code)> Checks)> CheckAsync(JoinInvitation invitation)
    {
        var (status, body) = await _site.PostAsync("site/join", new { joinString = JoinString.Write(invitation), checkOnly = true });
        Assert.True(status == HttpStatusCode.OK, body.ToString());
        return Read(body);
    }

    private static (bool Ok, Dictionary<string, (string Outcome, string Advice, string? Code)> Checks) Read(JsonElement body) => (
        body.GetProperty("ok").GetBoolean(),
        body.GetProperty("checks").EnumerateArray().ToDictionary(
            c => c.GetProperty("name").GetString()!,
            c => (c.GetProperty("outcome").GetString()!, c.GetProperty("advice").GetString()!, c.GetProperty("code").GetString())));
}
