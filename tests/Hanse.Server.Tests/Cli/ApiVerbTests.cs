using System.Text.Json.Nodes;
using Hanse.Server.Cli;

namespace Hanse.Server.Tests.Cli;

/// <summary>Verbs that ask the API: shapes for programs, tables for people, exit codes, and commands.</summary>
public sealed class ApiVerbTests : IAsyncLifetime
{
    private readonly CliHarness _cli = new();
    private FakeApi _api = null!;

    public async ValueTask InitializeAsync() => _api = await FakeApi.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        _cli.Dispose();
    }

    [Fact]
    public async Task A_list_is_one_array_over_all_pages()
    {
        var result = await AskAsync("site", "list", "-o", "json");
        var sites = JsonNode.Parse(result.Out)!.AsArray();
        Assert.Equal(["north", "south"], sites.Select(s => (string?)s!["name"]));
        Assert.Equal(["id", "name", "status", "link", "hostCount", "queueDepth"], sites[0]!.AsObject().Select(p => p.Key));
    }

    [Fact]
    public async Task A_table_has_a_row_an_item()
    {
        var lines = (await AskAsync("site", "list")).Out.Split('\n');
        Assert.Matches("^NAME +STATUS +LINK +HOSTS", lines[0]);
        Assert.Matches("^north +enrolled +online +3 ", lines[1]);
    }

    [Fact]
    public async Task A_section_is_its_rows()
    {
        var result = await AskAsync("host", "show", "web-1", "--section", "packages", "-o", "json");
        Assert.Equal("""[{"name":"bash","version":"5.2","architecture":"amd64"}]""", JsonNode.Parse(result.Out)!.ToJsonString());
    }

    [Fact]
    public async Task Clones_are_told_by_coordinator_and_site_alike_and_a_host_that_is_gone_has_no_name()
    {
        var lines = (await AskAsync("host", "clones")).Out.Split('\n');
        Assert.Matches("^HOSTNAME +ADDRESS +FIRST +HOST +ENTRY", lines[0]);
        Assert.Matches("^web-1 +10.0.0.9 +2030-01-01 00:00:00 UTC +a1 +9 *$", lines[1]);
        Assert.Matches("^ +10.0.0.8 +2029-12-31 00:00:00 UTC +b2 +4 *$", lines[2]);
        var json = JsonNode.Parse((await AskAsync("host", "clones", "-o", "json")).Out)!.AsArray();
        Assert.Equal(["host", "hostname", "siteId", "address", "at", "auditSeq"], json[0]!.AsObject().Select(p => p.Key));
        Assert.Null(json[1]!["hostname"]);
    }

    [Fact]
    public async Task Metrics_are_what_the_host_does_now()
    {
        var text = (await AskAsync("host", "metrics", "web-1")).Out;
        Assert.Matches("Processor +12.5 % *\n", text);
        Assert.Matches("Memory +2 GiB of 4 GiB *\n", text);
        Assert.Matches("Load +0.5  0.25  0.1 *\n", text);
        Assert.Matches("Full +/ 50.0 % of 1 GiB *\n", text);
        Assert.Matches("7 +cc1 +99.5 % +1.5 KiB", text);
        Assert.DoesNotContain("Disks", text, StringComparison.Ordinal);
        Assert.DoesNotContain("TERMINAL", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_since_then_are_a_line_a_stretch_of_time()
    {
        var lines = (await AskAsync("host", "metrics", "web-1", "--since", "3h", "--points", "7")).Out.Split('\n');
        Assert.Matches("^AT +PROCESSOR +MEMORY +LOAD", lines[0]);
        Assert.Matches("^2030-01-01 00:00:00 UTC +10.0 % \\(20.0 %\\) +1 KiB +0.5 ", lines[1]);
        var json = JsonNode.Parse((await AskAsync("host", "metrics", "web-1", "--points", "7", "-o", "json")).Out)!;
        Assert.Equal(7, (int)json["points"]![0]!["samples"]!);
    }

    [Theory]
    [InlineData(400, ExitCodes.Usage)]
    [InlineData(401, ExitCodes.Denied)]
    [InlineData(403, ExitCodes.Denied)]
    [InlineData(404, ExitCodes.NotFound)]
    [InlineData(409, ExitCodes.Conflict)]
    [InlineData(423, ExitCodes.Denied)]
    [InlineData(500, ExitCodes.ServerError)]
    [InlineData(503, ExitCodes.ServerError)]
    public async Task A_refusal_has_its_text_code_and_exit_code(int status, int exit)
    {
        var result = await AskAsync("site", "show", $"refuse-{status}");
        Assert.Equal((exit, ""), (result.Code, result.Out));
        Assert.StartsWith("hanse: site: It is so. [because]", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_server_is_unreachable()
    {
        var result = await _cli.RunAsync("site", "list", "--address", "unix:/nonexistent.sock");
        Assert.Equal(ExitCodes.Unreachable, result.Code);
        Assert.Contains("Is the server running", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_on_one_host_prints_its_output_and_nothing_else()
    {
        var result = await AskAsync("run", "--host", "web-1", "--", "uname", "-a");
        Assert.Equal(new CliResult(ExitCodes.Ok, "Linux ü\nthe end\n", "a warning\n"), result);
    }

    [Fact]
    public async Task Run_waits_for_output_that_its_own_outcome_has_overtaken()
    {
        _api.LateOutput = 5;
        var result = await AskAsync("run", "--host", "web-1", "--", "uname", "-a");
        Assert.Equal(new CliResult(ExitCodes.Ok, "Linux ü\nthe end\n", "a warning\n"), result);
        Assert.True(_api.LateOutput < 0);
    }

    [Fact]
    public async Task Run_on_several_hosts_names_each()
    {
        var result = await AskAsync("run", "--host", "web-1", "--host", "web-2", "--", "uname");
        Assert.Contains("── web-1: succeeded (exit 0) (1/2)\nLinux ü\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("── web-2: succeeded (exit 0) (2/2)\n", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_that_fails_exits_with_1_and_says_why()
    {
        _api.Ends = "failed";
        var result = await AskAsync("run", "--host", "web-1", "--", "false");
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.EndsWith("web-1: failed (exit 3)\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_for_programs_prints_the_command_as_one_object()
    {
        var result = await AskAsync("run", "--host", "web-1", "-o", "json", "--env", "A=b=c", "--timeout", "5m", "--run-as", "www", "--", "id", "-u");
        var command = JsonNode.Parse(result.Out)!;
        Assert.Equal(("completed", 0), ((string?)command["state"], (int)command["executions"]![0]!["exitCode"]!));
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task Given_the_first_answer_is_lost_When_run_asks_again_Then_there_is_one_command()
    {
        _api.LosesFirstAnswer = true;
        var result = await AskAsync("run", "--host", "web-1", "--", "reboot");
        Assert.Equal((ExitCodes.Ok, 1), (result.Code, _api.CommandsMade));
    }

    [Fact]
    public async Task Run_detached_prints_the_id()
    {
        var result = await AskAsync("run", "--host", "web-1", "--detach", "--", "uname");
        Assert.Equal("c1\n", result.Out);
    }

    [Fact]
    public async Task A_mistyped_option_of_run_is_not_run_as_the_program()
    {
        var refused = await AskAsync("run", "--host", "web-1", "--tiemout", "5m", "--", "uname", "-a");
        Assert.Equal((ExitCodes.Usage, true), (refused.Code, _api.Taken.IsEmpty));
        Assert.Contains("--tiemout", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_undone_is_not_done_unasked()
    {
        var refused = await AskAsync("host", "ban", "web-1", "--reason", "stolen");
        Assert.Equal((ExitCodes.Usage, true), (refused.Code, _api.Taken.IsEmpty));
        var done = await AskAsync("host", "ban", "web-1", "--reason", "stolen", "--yes");
        Assert.Equal((ExitCodes.Ok, "web-1 banned.\n"), (done.Code, done.Out));
        Assert.Equal("stolen", (string?)Assert.Single(_api.Taken).Body["reason"]);
    }

    [Fact]
    public async Task A_join_string_comes_from_standard_input()
    {
        _cli.Input = "hanse1:abc\n";
        var result = await AskAsync("site", "join");
        Assert.Equal("Joined as north.\n", result.Out);
        Assert.Equal("hanse1:abc", (string?)Assert.Single(_api.Taken).Body["joinString"]);
    }

    [Fact]
    public async Task A_join_string_is_no_argument()
    {
        var result = await AskAsync("site", "join", "hanse1:abc");
        Assert.Equal((ExitCodes.Usage, true), (result.Code, _api.Taken.IsEmpty));
    }

    private Task<CliResult> AskAsync(params string[] args)
    {
        _cli.Variables["HANSE_ADDRESS"] = _api.Unix;
        return _cli.RunAsync(args[0] == "site" && args[1] == "join" ? [.. args, "--address", _api.Unix] : args);
    }
}
