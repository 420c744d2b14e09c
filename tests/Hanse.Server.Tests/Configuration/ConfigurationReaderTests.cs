using Hanse.Protocol.Messages;
using Hanse.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace Hanse.Server.Tests.Configuration;

/// <summary>hanse.yaml, variables and flags: who wins, and what a mistake gets.</summary>
public sealed class ConfigurationReaderTests
{
    [Fact]
    public void Read_nothing_gives_the_defaults()
    {
        var result = Read("");
        Assert.Empty(result.Problems);
        Assert.Equal(new ListenAddress("[::]", 7443), result.Options!.Listen);
    }

    [Fact]
    public void Read_a_whole_file_sets_every_key()
    {
        var result = Read(
            """
            roles: [coordinator, site]
            dataDir: /data/hanse
            listen: 127.0.0.1:9443
            externalNames: [hanse.example.org]
            addresses:
              - 192.0.2.7:9443
              - "[2001:db8::7]:9443"
            postgres:
              connectionString: Host=db;Username=hanse;Password=secret
            coordinator: { tlsCertificateFile: /data/tls.pem, tlsKeyFile: /data/tls.key, keyFile: /data/key, commandGrace: 90s, sessionLifetime: 1h30m, reconcileAt: "04:30" }
            site: { tlsCertificateFile: /data/site.pem, tlsKeyFile: /data/site.key, name: oslo, listen: "127.0.0.1:9444", diskFloor: 1000000, outboxBound: 5, outboxKept: 6, rollupInterval: 5s,
                    metrics: [usage, logins], metricsInterval: 10s, metricsKept: 1h, metricsHistory: 3d,
                    gatewayAddresses: [192.0.2.7, 2001:db8::/64] }
            trust: { rootLifetime: 30d, intermediateLifetime: 7d, leafLifetime: 10s, returnWindow: 60d }
            log: { level: debug }
            telemetry: { otlpEndpoint: "http://127.0.0.1:4317" }
            """);
        Assert.Empty(result.Problems);
        var options = result.Options!;
        Assert.Equal([ServerRole.Coordinator, ServerRole.Site], options.Roles);
        Assert.Equal(["192.0.2.7:9443", "[2001:db8::7]:9443"], options.Addresses);
        Assert.Equal((TimeSpan.FromSeconds(90), TimeSpan.FromMinutes(90)), (options.Coordinator.CommandGrace, options.Coordinator.SessionLifetime));
        Assert.Equal(TimeSpan.FromSeconds(10), options.Trust.LeafLifetime);
        Assert.Equal((1_000_000, 5, 6), (options.Site.DiskFloor, options.Site.OutboxBound, options.Site.OutboxKept));
        Assert.Equal([MetricsPart.Usage, MetricsPart.Logins], options.Site.Metrics.Parts);
        Assert.Equal((10, 1, 3), (options.Site.Metrics.Interval.Seconds, options.Site.Metrics.Kept.Hours, options.Site.Metrics.History.Days));
        Assert.Equal(["192.0.2.7/32", "2001:db8::/64"], options.Site.Metrics.Gateways.Select(g => g.ToString()));
        Assert.Equal("[192.0.2.7, 2001:db8::/64]", ConfigurationKeys.All.Single(k => k.Path == "site.gatewayAddresses").Show(options));
        Assert.Equal(LogLevel.Debug, options.Log.Level);
        Assert.Equal("hanse.yaml:3", result.Sources["listen"]);
        Assert.Equal(ConfigurationKeys.All.Count, result.Sources.Count);
    }

    [Theory]
    [InlineData("door.example.org")]
    [InlineData("192.0.2.0/33")]
    public void Read_of_a_gateway_that_is_no_address_names_it(string text) =>
        Assert.Contains(text, Assert.Single(Read($"site: {{ gatewayAddresses: ['{text}'] }}").Problems).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Read_of_no_metrics_is_none()
    {
        var result = Read("site: { metrics: [] }");
        Assert.Empty(result.Problems);
        Assert.Empty(result.Options!.Site.Metrics.Parts);
    }

    [Theory]
    [InlineData("site: { metrics: [usage, secrets] }", "hanse.yaml:1: site.metrics: \"secrets\" is nothing that a host tells; use any of usage, disks, network,")]
    [InlineData("site:\n  nmae: x", "hanse.yaml:2: site.nmae: unknown key; did you mean site.name?")]
    [InlineData("colour: red", "hanse.yaml:1: colour: unknown key; remove it; docs/configuration.md lists every key.")]
    [InlineData("site: north", "hanse.yaml:1: site: this is a section, not a value; write its keys below it, indented, or remove it.")]
    [InlineData("# first\nlisten: 7443", "hanse.yaml:2: listen: \"7443\" is not an address to listen on; write IP:PORT, such as 0.0.0.0:7443, [::]:7443 or 127.0.0.1:7443.")]
    [InlineData("listen: 127.0.0.1:70000", "hanse.yaml:1: listen: \"127.0.0.1:70000\" is not an address")]
    [InlineData("listen: hanse.example.org:7443", "hanse.yaml:1: listen: ")]
    [InlineData("roles: coordinator", "hanse.yaml:1: roles: this key is a list; write it as roles: [one, two].")]
    [InlineData("roles: [coordinator, gateway]", "hanse.yaml:1: roles: \"gateway\" is not a role; use coordinator, site, or both: roles: [coordinator, site].")]
    [InlineData("dataDir: [a, b]", "hanse.yaml:1: dataDir: this key holds one value, not a list; write it as dataDir: value.")]
    [InlineData("dataDir: data", "hanse.yaml:1: dataDir: \"data\" is not an absolute path; begin it with /.")]
    [InlineData("dataDir:", "hanse.yaml:1: dataDir: the value is empty; set it, or remove the key to use the default")]
    [InlineData("trust:\n  leafLifetime: 30", "hanse.yaml:2: trust.leafLifetime: \"30\" is not a duration; write a number with a unit, such as 30s, 5m, 24h or 365d.")]
    [InlineData("trust:\n  leafLifetime: 0s", "hanse.yaml:2: trust.leafLifetime: \"0s\" is not a duration")]
    [InlineData("log: { level: loud }", "hanse.yaml:1: log.level: \"loud\" is not a log level")]
    [InlineData("externalNames: [https://hanse.example.org]", "hanse.yaml:1: externalNames: \"https://hanse.example.org\" is not a DNS name")]
    [InlineData("addresses: [hanse.example.org]", "hanse.yaml:1: addresses: \"hanse.example.org\" is not host:port")]
    [InlineData("telemetry: { otlpEndpoint: 'collector:4317' }", "hanse.yaml:1: telemetry.otlpEndpoint: ")]
    [InlineData("roles: [{a: b}]", "hanse.yaml:1: roles: a list of anything but plain values has no meaning here")]
    [InlineData("- a\n- b", "hanse.yaml:1: the file is not one YAML mapping")]
    [InlineData("log:\n  level: debug\n bad", "hanse.yaml:")]
    [InlineData("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2", "hanse.yaml:2: not valid YAML: ")]
    public void Read_a_mistake_names_line_key_and_fix(string text, string problem)
    {
        var result = Read(text);
        Assert.Null(result.Options);
        Assert.StartsWith(problem, Assert.Single(result.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_several_mistakes_reports_them_all()
    {
        var result = Read("listen: x\ndataDir: y\nsomething: z");
        Assert.Equal(["hanse.yaml:1", "hanse.yaml:2", "hanse.yaml:3"], result.Problems.Select(p => p.Source));
    }

    [Fact]
    public void Read_a_bad_connection_string_does_not_print_it()
    {
        var problem = Assert.Single(Read("postgres:\n  connectionString: 'Password=hunter2'").Problems).ToString();
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_flags_win_over_variables_and_variables_over_the_file()
    {
        var variables = new Dictionary<string, string> { ["HANSE_SITE_NAME"] = "by-variable", ["HANSE_TRUST_LEAF_LIFETIME"] = "2d", ["HANSE_ROLES"] = "site, coordinator" };
        var result = ConfigurationReader.Read(
            ("hanse.yaml", "site: { name: by-file }\ntrust: { leafLifetime: 1d, rootLifetime: 9d }"), variables, [("--set site.name", "site.name", "by-flag")]);
        var options = result.Options!;
        Assert.Equal(("by-flag", TimeSpan.FromDays(2), TimeSpan.FromDays(9)), (options.Site.Name, options.Trust.LeafLifetime, options.Trust.RootLifetime));
        Assert.Equal([ServerRole.Site, ServerRole.Coordinator], options.Roles);
        Assert.Equal("HANSE_TRUST_LEAF_LIFETIME", result.Sources["trust.leafLifetime"]);
    }

    [Fact]
    public void Read_a_bad_variable_is_a_mistake_and_an_unknown_one_a_warning()
    {
        var result = ConfigurationReader.Read(null, new Dictionary<string, string> { ["HANSE_LISTEN"] = "x", ["HANSE_SITE_NMAE"] = "y" }, []);
        Assert.StartsWith("HANSE_LISTEN: listen: ", Assert.Single(result.Problems).ToString(), StringComparison.Ordinal);
        Assert.Equal("The variable HANSE_SITE_NMAE is no configuration key and is ignored; did you mean HANSE_SITE_NAME?", Assert.Single(result.Warnings));
    }

    [Fact]
    public void Load_a_file_that_is_not_there_says_so()
    {
        var result = ConfigurationSource.Load("/nonexistent/hanse.yaml", new Dictionary<string, string>(), []);
        Assert.StartsWith("/nonexistent/hanse.yaml: cannot be read", Assert.Single(result.Problems).ToString(), StringComparison.Ordinal);
    }

    private static ConfigurationResult Read(string text) => ConfigurationReader.Read(("hanse.yaml", text), new Dictionary<string, string>(), []);
}
