using Google.Protobuf;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment;
using Hanse.Site.Tests.Fixtures;
using Hanse.Site.Uplink.Api;
using Hanse.TestKit;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Tests.Uplink;

/// <summary>The whole way between a site and its coordinator over a real link: U1–U3, U6 upward, D1 and orders downward.</summary>
public sealed class UplinkTests : LinkedSiteTests
{
    [Fact]
    public async Task Given_an_answer_that_is_lost_When_the_site_is_back_Then_every_record_was_applied_once_and_in_order()
    {
        Coordinator.AnswersToLose = 1;

        await AppendAsync("a", "b");
        await Wait.For("the answer to be lost", () => Coordinator.AnswersToLose == 0);
        await LinkedAsync(times: 2);
        await AppendAsync("c");
        await AppliedAsync(3);

        Assert.Equal(["a", "b", "c"], Operations());
        await Wait.For("nothing to wait", async () => (await Site.Get<IUplinkStatus>().DepthAsync(default)).Waiting == 0);
    }

    [Fact]
    public async Task Given_a_coordinator_that_was_restored_When_it_tells_a_lower_mark_Then_kept_records_are_sent_again()
    {
        await AppendAsync("a", "b", "c");
        await AppliedAsync(3);
        Coordinator.HighWater = 1;

        await CutAsync();

        await AppliedAsync(5);
        Assert.Equal(["a", "b", "c", "b", "c"], Operations());
    }

    [Fact]
    public async Task Given_a_site_that_was_restored_When_the_coordinator_knows_more_Then_it_begins_a_new_epoch_before_it_sends()
    {
        await AppendAsync("a");
        await AppliedAsync(1);
        var before = Coordinator.Epochs.Last();
        Coordinator.HighWater = 50;

        await CutAsync(times: 3);
        await Wait.For("a hello in another epoch", () => Coordinator.Epochs.Last() != before);
        Coordinator.HighWater = 0;

        Assert.DoesNotContain(Coordinator.Batches.Skip(1), b => b.Epoch == before && b.Records.Count > 0 && b.FirstSequence > 1);
    }

    [Fact]
    public async Task Given_a_record_that_is_refused_When_told_Then_it_is_set_aside_confirmed_and_holds_nothing_up()
    {
        Coordinator.Refused.Add("bad");

        await AppendAsync("bad");
        await AppliedAsync(1);
        await Wait.For("the refusal to be confirmed", () => Coordinator.Batches.Any(b => b.ConfirmedRefusals.Count > 0));
        await AppendAsync("good");
        await AppliedAsync(2);

        Assert.Equal(["record-invalid"], await Site.QueryAsync<string>("select code from uplink_set_aside"));
    }

    [Fact]
    public async Task Given_an_order_of_generations_When_an_older_one_comes_late_Then_the_newest_stays()
    {
        var agent = await TestAgent.JoinAsync(Site, "tagged-1");

        Assert.Equal(5ul, await DesireAsync(1, 5, "five", agent));
        Assert.Equal(5ul, await DesireAsync(1, 4, "four", agent));
        Assert.Equal(5ul, await DesireAsync(1, 5, "again", agent));
        Assert.Equal(("five", "five"), await HeldAsync(agent));

        // U5: a restored coordinator counts generations from the beginning, in a later incarnation.
        Assert.Equal(1ul, await DesireAsync(2, 1, "restored", agent));
        Assert.Equal(1ul, await DesireAsync(1, 99, "of the life before", agent));
        Assert.Equal(("restored", "restored"), await HeldAsync(agent));
    }

    [Theory]
    [InlineData("host of 3 bytes")]
    [InlineData("command of 3 bytes")]
    [InlineData("tags of 3 bytes")]
    public async Task Given_a_malformed_order_When_it_comes_Then_it_is_refused_and_the_link_stays(string what)
    {
        var three = ByteString.CopyFromUtf8("abc");
        var error = what switch
        {
            "host of 3 bytes" => (await Coordinator.AskAsync<Empty>(Method.HostRemove, new HostRemove { HostId = three })).Error,
            "command of 3 bytes" => (await Coordinator.AskAsync<Empty>(Method.CommandDispatch, new CommandDispatch { CommandId = three, Script = new Script() })).Error,
            _ => (await Coordinator.AskAsync<DesiredStateReceipt>(Method.DesiredState, State(9, 9, "x", three))).Error,
        };

        Assert.Equal(ErrorCodes.MalformedMessage, error!.Code);
        Assert.Null(Coordinator.Link!.End);
        Assert.Equal(0, (await Site.QueryAsync<long>("select generation from enrollment_site")).Single());
    }

    [Fact]
    public async Task Given_a_host_When_asked_for_by_the_coordinator_Then_detail_removal_and_unknown_ids_are_answered()
    {
        var agent = await TestAgent.OnlineAsync(Site, "asked-1");
        await agent.AskAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport { Sections = { SectionOf("packages", "[]") } });
        await Wait.For("the row at the coordinator", () => Coordinator.States.Values.Any(s => s.Host?.Hostname == "asked-1"));

        var detail = await Coordinator.AskAsync<HostDetail>(Method.HostDetail, new HostDetailQuery { HostId = agent.Host.ToWire(), Section = "packages" });
        var unknown = await Coordinator.AskAsync<Empty>(Method.HostRemove, new HostRemove { HostId = HostId.New().ToWire() });
        var removed = await Coordinator.AskAsync<Empty>(Method.HostRemove, new HostRemove { HostId = agent.Host.ToWire(), Actor = "ada" });

        Assert.Equal("[]", detail.Value!.Body.ToStringUtf8());
        Assert.Equal(ErrorCodes.HostUnknown, unknown.Error!.Code);
        Assert.True(removed.Succeeded);
        await Wait.For("the deletion at the coordinator", () => Coordinator.States[agent.Host.ToWire().ToBase64()].Deleted);
        Assert.Equal(ErrorCodes.Unknown, (await Wait.ForTask("the link to be cut", agent.Ended!)).Error.Code);
    }

    [Fact]
    public async Task Given_a_host_When_its_inventory_is_asked_for_in_full_Then_its_agent_is_asked_or_is_said_to_be_away()
    {
        var agent = await TestAgent.OnlineAsync(Site, "asked-2");
        await agent.AskAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport { Sections = { SectionOf("packages", "[]") } });
        var refresh = new HostRefresh { HostId = agent.Host.ToWire(), Sections = { "packages" } };

        var mistyped = await Coordinator.AskAsync<Empty>(Method.HostRefresh, new HostRefresh { HostId = agent.Host.ToWire(), Sections = { "packages", "pakages" } });
        var asked = await Coordinator.AskAsync<Empty>(Method.HostRefresh, refresh);
        await agent.LeaveAsync();
        LinkResult<Empty> away = default;
        await Wait.For("the agent to be away", async () => !(away = await Coordinator.AskAsync<Empty>(Method.HostRefresh, refresh)).Succeeded);

        Assert.True(asked.Succeeded);
        Assert.Equal((ErrorCodes.SectionNotFound, "The host has no section pakages. It has: packages."), (mistyped.Error!.Code, mistyped.Error.Message));
        Assert.Equal(["packages"], agent.Refreshed);
        Assert.Equal(ErrorCodes.HostOffline, away.Error!.Code);
    }

    [Fact]
    public async Task Given_a_full_disk_When_orders_and_inventory_come_Then_new_work_is_refused_and_outcomes_are_kept()
    {
        await using var full = new SiteHost { Clock = Clock, Pki = Site.Federation, Coordinator = Coordinator.Address, DiskFloor = long.MaxValue };
        var links = Coordinator.Epochs.Count;
        await full.InitializeAsync();
        await Wait.For("the full site to be linked", () => Coordinator.Epochs.Count > links && full.Get<IUplinkStatus>().Link?.Health == LinkHealth.Online);
        Assert.True((await full.GetAsync("status")).GetProperty("diskFull").GetBoolean());

        var join = await Assert.ThrowsAsync<InvalidOperationException>(() => TestAgent.JoinAsync(full, "new-1"));
        Assert.Contains(ErrorCodes.DiskFull, join.Message, StringComparison.Ordinal);
        var known = await KnownAgentAsync(full);
        var inventory = await known.AskAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport { Sections = { SectionOf("packages", "[]") } });
        var outcome = await known.AskAsync<ExecutionReceipt>(Method.ExecutionReport, TestAgent.Report(CommandId.New().ToWire(), ExecutionState.Succeeded, 0));

        Assert.Equal(ErrorCodes.DiskFull, inventory.Error!.Code);
        Assert.True(outcome.Succeeded);
        var dispatch = new CommandDispatch { CommandId = CommandId.New().ToWire(), Script = new Script(), HostIds = { known.Host.ToWire() }, TimeLeftMs = 1000 };
        Assert.Equal(ErrorCodes.DiskFull, (await Coordinator.AskAsync<Empty>(Method.CommandDispatch, dispatch)).Error!.Code);
        var (status, problem) = await full.PostAsync("commands", new { hosts = new[] { known.Host.ToString() }, script = new { arguments = new[] { "id" } } });
        Assert.Equal((507, ErrorCodes.DiskFull), ((int)status, problem.GetProperty("code").GetString()));
    }

    private static async Task<TestAgent> KnownAgentAsync(SiteHost site)
    {
        var key = Hanse.Trust.Keys.NodeKey.Generate();
        var issuer = site.Get<SiteIdentity>().Keys!.Issuer.Value;
        var agent = new TestAgent(site, new(key, issuer.IssueAgent(HostId.New(), key.PublicKey, site.Clock), [issuer.Intermediate]));
        await agent.ConnectAsync();
        return agent;
    }

    private static Section SectionOf(string name, string body) => new()
    {
        Name = name, Body = ByteString.CopyFromUtf8(body), CollectedUnixMs = 1,
        Hash = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body))),
    };

    private DesiredState State(ulong incarnation, ulong generation, string name, ByteString host) => new()
    {
        Incarnation = ByteString.CopyFrom(new byte[16]), IncarnationNumber = incarnation, Generation = generation, SiteName = name,
        ExternalNames = { SiteHost.Name }, Addresses = { Site.Address.ToString() }, SiteKey = ByteString.CopyFrom(new byte[32]),
        Tags = { new HostTags { HostId = host, Tags = { name } } },
    };

    private async Task<ulong> DesireAsync(ulong incarnation, ulong generation, string name, TestAgent agent) =>
        (await Coordinator.AskAsync<DesiredStateReceipt>(Method.DesiredState, State(incarnation, generation, name, agent.Host.ToWire()))).Value!.ObservedGeneration;

    private async Task<(string Name, string Tag)> HeldAsync(TestAgent agent) => (
        (await Site.QueryAsync<string>("select name from enrollment_site")).Single(),
        (await Site.QueryAsync<string>("select tags[1] from agents_host where id = @id", new { id = agent.Host.Value })).Single());

    private async Task AppendAsync(params string[] operations)
    {
        var outbox = Site.Get<IOutbox>();
        await using var connection = await Site.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await outbox.AppendAsync(transaction, [.. operations.Select(o => new Record { Audit = new AuditRecord { Operation = o } })], default);
        await transaction.CommitAsync();
        outbox.Wake();
    }

    private Task AppliedAsync(int count) => Wait.For(
        $"{count} records to be applied", () => Coordinator.Applied.Count == count, found: () => string.Join(' ', Operations()));

    private IEnumerable<string> Operations() => Coordinator.Applied.Select(r => r.Audit.Operation);

    /// <summary>The link is cut; the site comes back by itself.</summary>
    private async Task CutAsync(int times = 2)
    {
        await Coordinator.Link!.CloseAsync(new Error { Code = ErrorCodes.LinkClosing, Message = "cut" });
        await LinkedAsync(times);
    }
}
