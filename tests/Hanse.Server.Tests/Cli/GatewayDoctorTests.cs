using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hanse.Server.Cli;
using Hanse.Server.Cli.Connection;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Cli;

/// <summary><c>hanse gateway doctor</c> through a real gateway: what is well, and each way in which a set-up can be broken, by the step that says so.</summary>
public sealed class GatewayDoctorTests(DoctorWorld world) : IClassFixture<DoctorWorld>, IDisposable
{
    private readonly CliHarness _cli = new();
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task A_good_set_up_is_well_step_by_step_by_the_profiles_roots_and_nothing_is_asked_of_the_coordinator()
    {
        // An address that nobody has: who asks it fails.
        ProfileFile.Write(_cli.ProfilePath, new Profile { Address = "https://127.0.0.1:1", Roots = [world.RootsPem], Token = "secret" });
        var result = await _cli.RunAsync("gateway", "doctor", "main.localhost", "--address", world.Door);
        Assert.Equal((ExitCodes.Ok, ""), (result.Code, result.Error));
        var lines = result.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(["dns", "tcp", "route", "upstream", "certificate", "chain", "link"], lines.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        Assert.Matches("^skipped +dns", lines[0]);
        Assert.All(lines[1..], line => Assert.Matches("^ok +", line));
        Assert.Matches("of site [0-9a-f-]+, for link.main.localhost, (29|30) days left", lines[4]);
    }

    [Fact]
    public async Task Without_roots_the_chain_alone_is_skipped_and_programs_get_an_object()
    {
        var result = await _cli.RunAsync("gateway", "doctor", "link.main.localhost:443", "--address", world.Door, "-o", "json");
        Assert.Equal((ExitCodes.Ok, ""), (result.Code, result.Error));
        var told = JsonNode.Parse(result.Out)!;
        Assert.Equal(("link.main.localhost", true), ((string?)told["serverName"], (bool)told["ok"]!));
        var steps = told["steps"]!.AsArray().ToDictionary(s => (string)s!["step"]!, s => s!);
        Assert.Equal(("skipped", "ok", world.Door), ((string?)steps["chain"]["result"], (string?)steps["link"]["result"], (string?)steps["link"]["address"]));
        Assert.Contains("hanse login", (string?)steps["chain"]["advice"], StringComparison.Ordinal);
        Assert.Equal(["step", "address", "result", "found", "advice"], steps["tcp"].AsObject().Select(p => p.Key));
    }

    [Theory]
    [InlineData("nobody.test", "route", "no route for link.nobody.test")]
    [InlineData("down.test", "upstream", "no address of the site answered")]
    [InlineData("reset.test", "upstream", "behind it the connection is reset")]
    [InlineData("web.test", "certificate", @"CN=web.test\) is no Hanse site's")]
    [InlineData("web.test", "chain", "carries no Hanse identity|does not say which federation")]
    [InlineData("web.test", "link", "HTTP 404")]
    [InlineData("foreign.test", "chain", "comes from no root that is trusted")]
    [InlineData("foreign.test", "link", "HTTP 404")]
    [InlineData("other.test", "certificate", "does not cover link.other.test")]
    [InlineData("other.test", "chain", "does not cover the name")]
    public async Task What_is_broken_is_told_by_its_step_with_cause_and_advice(string name, string step, string cause)
    {
        var line = await FailedAsync(step, name, "--address", world.Door, "--roots", Roots());
        Assert.True(Regex.IsMatch(line, cause), line);
    }

    [Fact]
    public async Task By_the_roots_of_its_own_federation_a_foreign_site_is_trusted_and_still_serves_no_link()
    {
        await File.WriteAllTextAsync(_folder.File("foreign.pem"), world.ForeignRootsPem);
        var result = await _cli.RunAsync("gateway", "doctor", "foreign.test", "--address", world.Door, "--roots", _folder.File("foreign.pem"));
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Matches("(?m)^ok +chain ", result.Out);
        Assert.Matches("(?m)^failed +link ", result.Out);
    }

    [Fact]
    public async Task A_name_that_has_no_address_and_a_door_where_nobody_listens_end_the_walk_there()
    {
        Assert.Contains("nowhere.invalid", await FailedAsync("dns", "nowhere.invalid"), StringComparison.Ordinal);
        var closed = $"127.0.0.1:{world.ClosedPort}";
        var line = await FailedAsync("tcp", "main.localhost", "--address", closed);
        Assert.Contains($"{closed}: connection refused", line, StringComparison.Ordinal);
        Assert.Contains("hanse gateway show", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_doors_each_is_walked_and_one_that_is_dead_is_a_failure()
    {
        var closed = $"127.0.0.1:{world.ClosedPort}";
        var result = await _cli.RunAsync("gateway", "doctor", "main.localhost", "--address", closed, "--address", world.Door);
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.Matches($"(?m)^failed +tcp +{closed}", result.Out);
        Assert.Matches($"(?m)^ok +link +{world.Door}", result.Out);
        Assert.Equal(5, result.Out.Split('\n').Count(l => l.StartsWith("skipped", StringComparison.Ordinal) && l.Contains(closed, StringComparison.Ordinal) && l.Contains("the step before failed", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("192.0.2.7", "gateways route by name")]
    [InlineData("north..test:x", "neither a name nor an address")]
    public async Task What_cannot_be_a_name_is_usage(string name, string told)
    {
        var result = await _cli.RunAsync("gateway", "doctor", name);
        Assert.Equal((ExitCodes.Usage, ""), (result.Code, result.Out));
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _cli.Dispose();
        _folder.Dispose();
    }

    private string Roots()
    {
        File.WriteAllText(_folder.File("roots.pem"), world.RootsPem);
        return _folder.File("roots.pem");
    }

    /// <summary>The line of the step, which must be a failure with advice.</summary>
    private async Task<string> FailedAsync(string step, params string[] arguments)
    {
        var result = await _cli.RunAsync(["gateway", "doctor", .. arguments]);
        Assert.True(result.Code == ExitCodes.Failed, result.Out + result.Error + world.GatewayOutput);
        var line = Assert.Single(result.Out.Split('\n'), l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var named, ..] && named == step);
        Assert.StartsWith("failed", line, StringComparison.Ordinal);
        Assert.Matches(@"\. [A-Z].*[.?)]$", line);
        return line;
    }
}
