using System.Net;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Commands;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;

namespace Hanse.Site.Tests.Commands;

/// <summary>J6: commands at the site's socket, with no coordinator, in the coordinator's words.</summary>
public sealed class LocalCommandsTests(SiteHost site) : IClassFixture<SiteHost>
{
    private static readonly object Uname = new { arguments = new[] { "uname" } };

    [Fact]
    public async Task Given_no_coordinator_When_a_command_is_given_at_the_socket_Then_it_runs_and_waits_to_be_told()
    {
        var agent = await TestAgent.OnlineAsync(site, "local-1");
        agent.OnOffer = offer => TestAgent.Report(offer.CommandId, ExecutionState.Succeeded, 0);

        var (status, issued) = await site.PostAsync("commands", new { hosts = new[] { "LOCAL-1" }, script = Uname, reason = "look" });
        Assert.Equal(HttpStatusCode.Created, status);
        var id = issued.GetProperty("id").GetString();
        await Wait.For("the command to end", async () => (await site.GetAsync($"commands/{id}")).GetProperty("state").GetString() == "completed");

        var view = await site.GetAsync($"commands/{id}");
        var execution = view.GetProperty("executions")[0];
        Assert.Equal(("local-1", "succeeded", 0, "Linux\n"), (
            execution.GetProperty("host").GetString(), execution.GetProperty("state").GetString(), execution.GetProperty("exitCode").GetInt32(),
            execution.GetProperty("stdout").GetString()));
        Assert.Equal(("10m", 1), (view.GetProperty("script").GetProperty("timeout").GetString(), view.GetProperty("counts").GetProperty("succeeded").GetInt32()));
        var records = await site.RecordsAsync();
        Assert.Contains(records, r => r.Audit is { Operation: "command.issued-at-site" } audit && audit.DetailJson.Contains(id!, StringComparison.Ordinal));
        var origin = records.Last(r => r.Execution?.Report.HostId == agent.Host.ToWire()).Execution.Origin;
        Assert.Equal((true, "look", "uname"), (origin.Local, origin.Reason, origin.Script.Arguments.Single()));
    }

    [Fact]
    public async Task Given_the_same_key_When_ordered_again_Then_it_is_one_command_and_another_order_is_refused()
    {
        await TestAgent.JoinAsync(site, "key-1");
        var order = new { hosts = new[] { "key-1" }, script = Uname };

        var first = await site.PostAsync("commands", order, "once");
        var again = await site.PostAsync("commands", order, "once");
        var other = await site.PostAsync("commands", new { hosts = new[] { "key-1" }, script = new { arguments = new[] { "id" } } }, "once");

        Assert.Equal(first.Body.GetProperty("id").GetString(), again.Body.GetProperty("id").GetString());
        Assert.Equal((HttpStatusCode.Conflict, "idempotency-key-reused"), (other.Status, other.Body.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("""{"hosts":[],"script":{"arguments":["id"]}}""", "hosts")]
    [InlineData("""{"hosts":["rules-1"]}""", "script")]
    [InlineData("""{"hosts":["rules-1"],"script":{"body":"id"}}""", "script.interpreter")]
    [InlineData("""{"hosts":["rules-1"],"script":{"interpreter":"sh"}}""", "script.interpreter")]
    [InlineData("""{"hosts":["rules-1"],"script":{"arguments":["id",null]}}""", "script.arguments[1]")]
    [InlineData("""{"hosts":["rules-1"],"script":{"arguments":["id"],"environment":{"A=B":""}}}""", "script.environment")]
    [InlineData("""{"hosts":["rules-1"],"script":{"arguments":["id"],"timeout":"9999d"}}""", "script.timeout")]
    [InlineData("""{"hosts":["rules-1"],"script":{"arguments":["id"],"timeout":"5"}}""", "script.timeout")]
    [InlineData("""{"hosts":["rules-1"],"script":{"arguments":["id"],"outputLimit":1}}""", "script.outputLimit")]
    [InlineData("""{"hosts":["rules-1"],"script":{"arguments":["id"],"runAs":"root;id"}}""", "script.runAs")]
    [InlineData("""{"hosts":["rules-1"],"script":{"arguments":["id"]},"deadline":"9999d"}""", "deadline")]
    [InlineData("""{"hosts":["rules-1"],"script":{"arguments":["id"]},"reason":"a\nb"}""", "reason")]
    [InlineData("""{"hosts":"rules-1"}""", "hosts")]
    public async Task Given_an_order_that_breaks_a_rule_When_given_Then_the_field_is_named(string body, string field)
    {
        using var answer = await site.Socket.PostAsync("commands", new StringContent(body, null, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task Given_hosts_of_one_name_When_ordered_by_it_Then_the_ids_are_told()
    {
        var (one, two) = (await TestAgent.JoinAsync(site, "double-1"), await TestAgent.JoinAsync(site, "double-1"));

        var (status, problem) = await site.PostAsync("commands", new { hosts = new[] { "double-1" }, script = Uname });

        Assert.Equal((HttpStatusCode.Conflict, "host-ambiguous"), (status, problem.GetProperty("code").GetString()));
        Assert.All([one, two], a => Assert.Contains(a.Host.ToString(), problem.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_a_host_that_is_away_When_the_time_is_up_Then_the_command_ends_by_itself()
    {
        await TestAgent.JoinAsync(site, "absent-1");
        var (_, issued) = await site.PostAsync("commands", new { hosts = new[] { "absent-1" }, script = Uname, deadline = "30s" });

        Pass(TimeSpan.FromSeconds(31));

        await Wait.For("the command to expire", async () =>
            (await site.GetAsync($"commands/{issued.GetProperty("id").GetString()}")).GetProperty("state").GetString() == "expired");
    }

    [Fact]
    public async Task Given_an_agent_that_never_tells_When_the_grace_is_over_Then_the_outcome_is_unknown_and_a_true_one_replaces_it_once()
    {
        var agent = await TestAgent.OnlineAsync(site, "silent-1");
        var (_, issued) = await site.PostAsync("commands", new { hosts = new[] { "silent-1" }, script = new { arguments = new[] { "uname" }, timeout = "5s" }, deadline = "30s" });
        var id = issued.GetProperty("id").GetString()!;
        await Wait.For("the command to run", async () => await StateAsync(id) == "running");
        await agent.LeaveAsync();

        Pass(TimeSpan.FromSeconds(30 + 5 + 121));
        await Wait.For("the outcome to be given up", async () => await StateAsync(id) == "unknown");
        await agent.ConnectAsync();
        Assert.True(CommandId.TryParse(id, out var command));
        await agent.AskAsync<ExecutionReceipt>(Method.ExecutionReport, TestAgent.Report(command.ToWire(), ExecutionState.Succeeded, 0));

        Assert.Equal("succeeded", await StateAsync(id));
    }

    [Fact]
    public async Task Given_output_When_read_at_the_socket_Then_it_has_the_coordinators_shape()
    {
        var agent = await TestAgent.OnlineAsync(site, "shape-1");
        var (_, issued) = await site.PostAsync("commands", new { hosts = new[] { "shape-1" }, script = Uname });
        var id = issued.GetProperty("id").GetString()!;
        Assert.True(CommandId.TryParse(id, out var command));
        await agent.AskAsync<OutputReceipt>(Method.OutputReport, new OutputReport
        {
            Chunks = { new OutputChunk { CommandId = command.ToWire(), Stream = OutputStream.Stdout, Data = Google.Protobuf.ByteString.CopyFromUtf8("Linux\n") } },
        });

        var piece = await site.GetAsync($"commands/{id}/executions/shape-1/output?offset=2");

        Assert.Equal(("stdout", 2, 6, 6, "nux\n"), (
            piece.GetProperty("stream").GetString(), piece.GetProperty("offset").GetInt32(), piece.GetProperty("nextOffset").GetInt32(),
            piece.GetProperty("length").GetInt32(), System.Text.Encoding.UTF8.GetString(piece.GetProperty("data").GetBytesFromBase64())));
        Assert.False(piece.GetProperty("complete").GetBoolean());
    }

    private async Task<string?> StateAsync(string id) =>
        (await site.GetAsync($"commands/{id}")).GetProperty("executions")[0].GetProperty("state").GetString();

    /// <summary>Time goes by, and the driver looks what is due.</summary>
    private void Pass(TimeSpan time)
    {
        site.Clock.Advance(time);
        site.Get<CommandSignal>().Work.Set();
    }
}
