using System.Net;
using System.Net.Http.Json;
using Hanse.Coordinator.Sites.Api;
using Hanse.Coordinator.Tests.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static Hanse.Coordinator.Tests.Hosts.DirectoryDatabase;

namespace Hanse.Coordinator.Tests.Hosts;

public sealed class HostEndpointsTests : IAsyncLifetime
{
    private readonly FakeDetailSites _sites = new();
    private ApiHost _api = null!;
    private DirectoryDatabase _directory = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync(services: services => services.AddSingleton<ISiteChannel>(_sites));
        _directory = await OnAsync(_api.Services.GetRequiredService<NpgsqlDataSource>(), _api.Clock);
        await _directory.ApplyAsync(North, Entry(1, 1, State("web-1", "10.1.0.1")), Entry(2, 1, State("twin")));
        await _directory.ApplyAsync(South, Entry(3, 1, State("twin")));
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Hosts_are_searched_paged_and_counted()
    {
        var first = await GetAsync("/hosts?q=twin&limit=1");
        var second = await GetAsync($"/hosts?q=twin&limit=1&cursor={first["next"]}");

        Assert.Equal("""{"value":2,"exact":true}""", first["count"]!.ToJsonString());
        Assert.Equal(["north", "south"], new[] { first, second }.Select(page => (string)page["items"]![0]!["site"]!));
        Assert.Null(second["next"]);
        Assert.Equal("web-1", (string)(await GetAsync("/hosts?address=10.1.&status=online"))["items"]![0]!["hostname"]!);
    }

    [Theory]
    [InlineData("address=nonsense", ErrorCodes.RequestInvalid, "address")]
    [InlineData("status=7", ErrorCodes.RequestInvalid, "status")]
    [InlineData("count=some", ErrorCodes.RequestInvalid, "count")]
    [InlineData("q=a%00b", ErrorCodes.RequestInvalid, "q")]
    [InlineData("cursor=xx", ErrorCodes.CursorInvalid, "cursor")]
    public async Task A_wrong_search_is_refused_by_field(string query, string code, string field)
    {
        using var answer = await _api.Local.GetAsync("/api/v1/hosts?" + query);

        var problem = await ApiHost.JsonAsync(answer);
        Assert.Equal((HttpStatusCode.BadRequest, code, field), (answer.StatusCode, (string)problem["code"]!, (string)problem["field"]!));
    }

    [Fact]
    public async Task A_host_is_named_by_id_or_hostname_and_an_ambiguous_name_lists_ids()
    {
        Assert.Equal(Host(1).ToString(), (string)(await GetAsync("/hosts/WEB-1"))["id"]!);
        Assert.Equal("web-1", (string)(await GetAsync($"/hosts/{Host(1)}"))["hostname"]!);

        using var twin = await _api.Local.GetAsync("/api/v1/hosts/twin");
        var problem = await ApiHost.JsonAsync(twin);
        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.HostAmbiguous), (twin.StatusCode, (string)problem["code"]!));
        Assert.Contains(Host(3).ToString(), (string)problem["detail"]!, StringComparison.Ordinal);

        using var nobody = await _api.Local.GetAsync("/api/v1/hosts/nobody");
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.HostNotFound), (nobody.StatusCode, (string)(await ApiHost.JsonAsync(nobody))["code"]!));
    }

    [Fact]
    public async Task Detail_is_asked_of_the_site_and_given_as_it_is()
    {
        Assert.Equal(FakeDetailSites.Packages, await _api.Local.GetStringAsync("/api/v1/hosts/web-1/sections/packages"));
        Assert.Contains("packages", await _api.Local.GetStringAsync("/api/v1/hosts/web-1/sections"), StringComparison.Ordinal);

        using var unknown = await _api.Local.GetAsync("/api/v1/hosts/web-1/sections/nothing");
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.SectionNotFound), (unknown.StatusCode, (string)(await ApiHost.JsonAsync(unknown))["code"]!));

        _sites.Offline = true;
        using var offline = await _api.Local.GetAsync("/api/v1/hosts/web-1/sections");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, ErrorCodes.SiteOffline), (offline.StatusCode, (string)(await ApiHost.JsonAsync(offline))["code"]!));
    }

    [Fact]
    public async Task Metrics_are_asked_of_the_site_and_given_in_percent_and_bytes()
    {
        _sites.Metrics = new HostMetrics
        {
            Last = new MetricsSample
            {
                CpuPermille = 125, MemoryUsedKib = 2, Processes = { new ProcessUse { Pid = 7, CpuPermille = 1500, MemoryKib = ulong.MaxValue } },
                Logins = { new LogIn { User = "ann", SinceUnixS = long.MaxValue } },
            },
            LastUnixMs = 1_800_000_000_000, ByDatagram = true, StepS = 60,
            Points = { new MetricsPoint { AtUnixMs = 1_800_000_000_000, Samples = 2, Mean = new MetricsFigures { CpuPermille = 10 }, Highest = new MetricsFigures { CpuPermille = 20 } } },
        };

        var metrics = await GetAsync("/hosts/web-1/metrics?points=50");

        Assert.Equal(("1m", 12.5, 2048, "datagram"), ((string)metrics["step"]!, (double)metrics["last"]!["cpu"]!, (int)metrics["last"]!["memoryUsed"]!, (string)metrics["last"]!["path"]!));
        Assert.Null(metrics["last"]!["load1"]);
        Assert.Null(metrics["last"]!["processes"]![0]!["name"]);
        Assert.Equal((1.0, 2.0), ((double)metrics["points"]![0]!["mean"]!["cpu"]!, (double)metrics["points"]![0]!["highest"]!["cpu"]!));
        var asked = Assert.IsType<HostMetricsQuery>(_sites.Asked[^1]);
        Assert.Equal((50u, 3_600_000L), (asked.Points, asked.ToUnixMs - asked.FromUnixMs));
    }

    [Theory]
    [InlineData("points=0", "points")]
    [InlineData("points=2001", "points")]
    [InlineData("from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z", "from")]
    public async Task Metrics_of_a_wrong_time_are_refused_by_field(string query, string field)
    {
        using var answer = await _api.Local.GetAsync("/api/v1/hosts/web-1/metrics?" + query);
        Assert.Equal((HttpStatusCode.BadRequest, field), (answer.StatusCode, (string)(await ApiHost.JsonAsync(answer))["field"]!));
    }

    [Fact]
    public async Task A_refresh_reaches_the_hosts_site_with_the_sections_named()
    {
        using var done = await _api.Local.PostAsync("/api/v1/hosts/web-1/refresh?section=packages&section=users", null);
        Assert.Equal(HttpStatusCode.NoContent, done.StatusCode);
        Assert.Equal(["packages", "users"], Assert.IsType<HostRefresh>(_sites.Asked[^1]).Sections);

        _sites.Offline = true;
        using var away = await _api.Local.PostAsync("/api/v1/hosts/web-1/refresh", null);
        Assert.Equal(ErrorCodes.SiteOffline, (string)(await ApiHost.JsonAsync(away))["code"]!);
    }

    [Fact]
    public async Task Metrics_that_nobody_has_are_not_found()
    {
        using var none = await _api.Local.GetAsync("/api/v1/hosts/web-1/metrics");
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.MetricNotFound), (none.StatusCode, (string)(await ApiHost.JsonAsync(none))["code"]!));
        using var nobody = await _api.Local.GetAsync("/api/v1/hosts/nobody/metrics");
        Assert.Equal(ErrorCodes.HostNotFound, (string)(await ApiHost.JsonAsync(nobody))["code"]!);
    }

    [Fact]
    public async Task Tags_are_set_beside_the_reported_ones_and_audited()
    {
        using var refused = await _api.Local.PutAsJsonAsync("/api/v1/hosts/web-1/tags", new { tags = new[] { "line\nbreak" } });
        Assert.Equal(ErrorCodes.TagsInvalid, (string)(await ApiHost.JsonAsync(refused))["code"]!);

        var before = await GenerationAsync();
        using var answer = await _api.Local.PutAsJsonAsync("/api/v1/hosts/web-1/tags", new { tags = new[] { "b", "a", "a" } });

        Assert.Equal("""["a","b"]""", (await ApiHost.JsonAsync(answer))["assignedTags"]!.ToJsonString());
        Assert.Contains("host.tag", await _api.AuditedAsync());
        Assert.Equal(before + 1, await GenerationAsync());
    }

    [Fact]
    public async Task Removal_and_ban_go_down_to_the_site_and_are_audited_with_their_outcome()
    {
        using var ban = await _api.Local.PostAsJsonAsync("/api/v1/hosts/web-1/ban", new { reason = "stolen" });
        _sites.Offline = true;
        using var removal = await _api.Local.DeleteAsync("/api/v1/hosts/web-1");

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.ServiceUnavailable), (ban.StatusCode, removal.StatusCode));
        var sent = Assert.IsType<HostRemove>(Assert.Single(_sites.Asked));
        Assert.Equal((true, "stolen"), (sent.Ban, sent.Reason));
        Assert.Equal(["host.ban", "host.ban.outcome", "host.remove", "host.remove.outcome"], (await _api.AuditedAsync()).Where(o => o.StartsWith("host.", StringComparison.Ordinal)));
    }

    private async Task<long> GenerationAsync() => (await _api.Services.GetRequiredService<ISites>().FindAsync("north", CancellationToken.None))!.Generation;

    private async Task<System.Text.Json.Nodes.JsonObject> GetAsync(string path)
    {
        using var answer = await _api.Local.GetAsync("/api/v1" + path);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await ApiHost.JsonAsync(answer);
    }
}
