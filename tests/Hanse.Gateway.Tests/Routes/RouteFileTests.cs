using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Tests.Routes;

public sealed class RouteFileTests
{
    [Fact]
    public void Parse_whole_file_every_key()
    {
        var (file, problems) = RouteFile.Parse("r.yaml", """
            routes:
              - name: north
                serverNames: [North.Example.org., link.north.example.org, "*.pool.example.org", bücher.example.org]
                addresses: ["10.0.1.10:443", "[fd00::1]:8443"]
                choice: clientHash
                proxyProtocol: true
                maxConnections: 5000
                idleTimeout: 5m
                siteId: a1b2c3d4445566778899aabbccddeeff
                standbyAddresses: 10.0.2.10:443
                pseudonymous: true
              - name: scanners
                serverNames: bad.example.org
                reject: true
              - name: rest
                default: true
                addresses: 10.0.9.9:443
            """);
        Assert.Empty(problems);
        var north = file!.Routes[0];
        Assert.Equal(["north.example.org", "link.north.example.org", "*.pool.example.org", "xn--bcher-kva.example.org"], north.ServerNames);
        Assert.Equal(["10.0.1.10:443", "[fd00::1]:8443"], north.Addresses.Select(a => a.ToString()));
        Assert.Equal((UpstreamChoice.ClientHash, true, 5000, TimeSpan.FromMinutes(5)), (north.Choice, north.ProxyProtocol, north.MaxConnections, north.IdleTimeout));
        Assert.Equal((0xa1b2c3d4u, "10.0.2.10:443", true), (north.RouteId, north.StandbyAddresses.Single().ToString(), north.Pseudonymous));
        Assert.True(file.Routes[1].Reject);
        Assert.True(file.Routes[2].IsDefault);
    }

    /// <summary>A snapshot's keys are the coordinator's and the ids of sites: a route of the file with one of them would share the other's connections.</summary>
    [Theory]
    [InlineData("north", "north")]
    [InlineData("coordinator", "file:coordinator")]
    [InlineData("a1b2c3d4445566778899aabbccddeeff", "file:a1b2c3d4445566778899aabbccddeeff")]
    [InlineData("file:coordinator", "file:file:coordinator")]
    public void Parse_name_that_a_snapshot_may_have_a_key_of_its_own(string name, string key) =>
        Assert.Equal(key, RouteFile.Parse("r.yaml", $"routes:\n  - name: '{name}'\n    serverNames: a.b\n    addresses: 1.2.3.4:5\n").File!.Routes[0].Key);

    [Fact]
    public void Parse_more_routes_than_the_book_has_places_for_refused()
    {
        var (file, problems) = RouteFile.Parse("r.yaml", Routes(RouteBook.MostOfSource + 1));
        Assert.Null(file);
        Assert.Contains("routes: has 2049 routes; a file has at most 2048", problems.Single().ToString(), StringComparison.Ordinal);
        Assert.Equal(RouteBook.MostOfSource, RouteFile.Parse("r.yaml", Routes(RouteBook.MostOfSource)).File!.Routes.Count);

        static string Routes(int count) =>
            "routes:\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"  - name: r{i}\n    serverNames: r{i}.test\n    addresses: 1.2.3.4:5\n"));
    }

    [Theory]
    [InlineData("routes:\n  - name: a\n    serverNames: a.b\n    adresses: 1.2.3.4:5\n", "r.yaml:4: routes[0].adresses: no such key")]
    [InlineData("routes:\n  - name: a\n    serverNames: [a.b, 'x y']\n    addresses: 1.2.3.4:5\n", "r.yaml:3: routes[0].serverNames: 'x y' is no server name")]
    [InlineData("routes:\n  - name: a\n    serverNames: a.b\n    addresses:\n      - 1.2.3.4:5\n      - 1.2.3.4\n", "r.yaml:6: routes[0].addresses: '1.2.3.4' is no address")]
    [InlineData("routes:\n  - name: a\n    serverNames: a.b\n", "r.yaml:2: routes[0].addresses: a route needs an address")]
    [InlineData("routes:\n  - name: a\n    serverNames: a.b\n    addresses: 1.2.3.4:5\n  - name: b\n    serverNames: A.B.\n    addresses: 1.2.3.4:5\n", "r.yaml:5: routes[1].serverNames: 'a.b' is a server name of 'a' already")]
    [InlineData("routes:\n  - name: a\n    name: b\n", "not valid YAML")]
    [InlineData("routes:\n  - name: a\n    serverNames: a.b\n    addresses: 1.2.3.4:5\n    idleTimeout: 5\n", "r.yaml:5: routes[0].idleTimeout: is a duration")]
    [InlineData("routes:\n  - name: a\n    serverNames: a.b\n    addresses: 1.2.3.4:5\n    siteId: north\n", "r.yaml:5: routes[0].siteId: is the id of a site")]
    [InlineData("- a\n", "r.yaml:1: the file is not one YAML mapping")]
    [InlineData("routes: []\n", "there is no route")]
    public void Parse_problem_line_and_key(string text, string expected)
    {
        var (file, problems) = RouteFile.Parse("r.yaml", text);
        Assert.Null(file);
        Assert.Contains(problems, p => p.ToString().Contains(expected, StringComparison.Ordinal));
    }
}
