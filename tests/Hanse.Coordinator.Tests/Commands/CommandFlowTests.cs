using Hanse.Coordinator.Commands;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Tests.Commands;

/// <summary>From the queue to the outcome: dispatch, intake and deadlines (D2, U4), with links that fail in between.</summary>
public sealed class CommandFlowTests : IAsyncLifetime
{
    private CommandWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await CommandWorld.CreateAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Given_two_sites_When_both_are_connected_Then_each_gets_its_hosts_once_and_confirms()
    {
        var (web, db) = (_world.Hosts.Add(_world.North, "web"), _world.Hosts.Add(_world.South, "db"));
        var id = await _world.IssueAsync(web, db);
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        Assert.Equal("queued delivered", await _world.StatesAsync(id));
        _world.Sites.Connect(_world.South);
        await _world.DispatchAsync();
        await _world.DispatchAsync();

        Assert.Equal("delivered delivered", await _world.StatesAsync(id));
        Assert.Equal(2, _world.Sites.Taken.Count);
        var sent = _world.Sites.Dispatches.First();
        Assert.Equal((web.Id.ToWire(), 3_600_000UL, "ada"), (Assert.Single(sent.HostIds), sent.TimeLeftMs, sent.Actor));
        Assert.Equal(["uname", "-a"], sent.Script.Arguments);
        await _world.AssertTallyAsync(id);
    }

    [Fact]
    public async Task Given_a_lost_answer_When_the_site_comes_back_Then_the_send_is_repeated()
    {
        var id = await _world.IssueAsync(_world.Hosts.Add(_world.North, "web"));
        _world.Sites.AnswersToLose = 1;
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        Assert.Equal("queued", await _world.StatesAsync(id));
        await _world.DispatchAsync();
        Assert.Single(_world.Sites.Taken);

        _world.Clock.Advance(TimeSpan.FromSeconds(2));
        await _world.DispatchAsync();
        Assert.Equal(2, _world.Sites.Taken.Count);
        Assert.Equal("delivered", await _world.StatesAsync(id));
    }

    [Fact]
    public async Task Given_a_crash_between_send_and_record_When_another_replica_takes_over_Then_it_sends_again()
    {
        var id = await _world.IssueAsync(_world.Hosts.Add(_world.North, "web"));
        _world.Sites.Connect(_world.North);
        await using (var connection = await _world.Database.DataSource.OpenConnectionAsync())
        {
            // What a process leaves behind that died after claiming.
            Assert.Single(await DispatchStore.ClaimAsync(
                connection, [_world.North], _world.Clock.GetUtcNow(), _world.Clock.GetUtcNow().AddSeconds(40), 10, default));
        }

        _world.RestartDriver();
        await _world.DispatchAsync();
        Assert.Empty(_world.Sites.Taken);
        _world.Clock.Advance(TimeSpan.FromSeconds(40));
        await _world.DispatchAsync();
        Assert.Equal("delivered", await _world.StatesAsync(id));
    }

    [Fact]
    public async Task Given_a_send_that_may_have_arrived_When_cancelled_or_late_Then_the_coordinator_does_not_end_it_itself()
    {
        var web = _world.Hosts.Add(_world.North, "web");
        var id = await _world.IssueAsync(web);
        _world.Sites.AnswersToLose = 2;
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        await _world.Service.CancelAsync(id, CommandWorld.Ada, default);
        Assert.Equal("queued", await _world.StatesAsync(id));
        await _world.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal("queued", await _world.StatesAsync(id));

        await _world.DispatchAsync();
        await _world.PassAsync(TimeSpan.FromSeconds(70));
        await _world.DispatchAsync();
        Assert.Equal(web.Id.ToWire(), Assert.Single(_world.Sites.Cancels.Last().HostIds));
        await _world.TellAsync(_world.North, _world.Record(id, web.Id, ExecutionState.Cancelled));
        Assert.Equal("cancelled", (await _world.ViewAsync(id)).State);
    }

    [Fact]
    public async Task Given_a_delivered_command_When_cancelled_Then_the_wish_goes_down_until_confirmed_and_the_outcome_decides()
    {
        var web = _world.Hosts.Add(_world.North, "web");
        var id = await _world.IssueAsync(web);
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        _world.Sites.Refuse = "storage-full";
        await _world.Service.CancelAsync(id, CommandWorld.Ada with { Account = "bob" }, default);
        await _world.DispatchAsync();
        Assert.Empty(_world.Sites.Cancels);
        _world.Sites.Refuse = null;
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await _world.DispatchAsync();

        Assert.Equal("bob", Assert.Single(_world.Sites.Cancels).Actor);
        var view = await _world.ViewAsync(id);
        Assert.Equal(("in-progress", true, "delivered"), (view.State, view.Executions![0].CancelRequested, view.Executions[0].State));
        await _world.TellAsync(_world.North, _world.Record(id, web.Id, ExecutionState.Succeeded));
        Assert.Equal("completed", (await _world.ViewAsync(id)).State);
    }

    [Fact]
    public async Task Given_no_site_took_it_When_the_deadline_passes_Then_it_expires_and_later_connections_send_nothing()
    {
        var id = await _world.IssueAsync(_world.Hosts.Add(_world.North, "web"));
        await _world.PassAsync(TimeSpan.FromMinutes(59));
        Assert.Equal("queued", await _world.StatesAsync(id));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("expired", (await _world.ViewAsync(id)).State);
        Assert.Equal("deadline-passed", (await _world.ViewAsync(id)).Executions![0].Reason);
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        Assert.Empty(_world.Sites.Taken);
        Assert.Equal(["command.issue 1", "execution.outcome expired 1"], await _world.AuditAsync());
    }

    [Fact]
    public async Task Given_a_site_that_stays_away_When_deadline_timeout_and_grace_have_passed_Then_unknown_and_a_true_outcome_replaces_it_once()
    {
        var (web, db) = (_world.Hosts.Add(_world.North, "web"), _world.Hosts.Add(_world.North, "db"));
        var id = await _world.IssueAsync(web, db);
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        await _world.PassAsync(TimeSpan.FromMinutes(60 + 1 + 4));
        Assert.Equal("delivered delivered", await _world.StatesAsync(id));
        await _world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("unknown unknown", await _world.StatesAsync(id));

        Assert.True(Assert.Single(await _world.TellAsync(_world.North, _world.Record(id, web.Id, ExecutionState.Succeeded))).Changed);
        var other = Assert.Single(await _world.TellAsync(_world.North, _world.Record(id, web.Id, ExecutionState.Failed)));
        Assert.Equal(ErrorCodes.TransitionIllegal, other.Refusal!.Code);
        var again = Assert.Single(await _world.TellAsync(_world.North, _world.Record(id, web.Id, ExecutionState.Succeeded)));
        Assert.Equal((false, true), (again.Changed, again.Refusal is null));

        Assert.Equal("unknown succeeded", await _world.StatesAsync(id));
        Assert.Equal(["command.issue 2", "execution.outcome unknown 2", "execution.outcome succeeded 1"], await _world.AuditAsync());
        await _world.AssertTallyAsync(id);
    }

    /// <summary>Found by the chaos suite, seed 2002: what was queued in the backup had run by the time of the loss, and was told to have expired.</summary>
    [Fact]
    public async Task Given_what_was_queued_in_a_backup_When_restored_past_its_deadline_Then_only_its_site_can_say_that_it_never_ran()
    {
        var web = _world.Hosts.Add(_world.North, "web");
        var id = await _world.IssueAsync(web);
        await _world.ReviveAsync();

        await _world.PassAsync(TimeSpan.FromMinutes(61));
        Assert.Equal("queued", await _world.StatesAsync(id));
        Assert.All(await _world.TellAsync(_world.North, _world.Record(id, web.Id, ExecutionState.Succeeded)), r => Assert.Null(r.Refusal));

        Assert.Equal("succeeded", await _world.StatesAsync(id));
        await _world.AssertTallyAsync(id);
    }

    [Fact]
    public async Task Given_a_site_that_was_restored_When_its_inbox_is_given_again_Then_all_that_is_open_goes_as_perhaps_handed_on_before()
    {
        var taken = await _world.IssueAsync(_world.Hosts.Add(_world.North, "web"));
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        _world.Sites.AnswersToLose = 1;
        var queued = await _world.IssueAsync(_world.Hosts.Add(_world.North, "db"));
        await _world.DispatchAsync();
        Assert.Equal(("queued", "delivered"), (await _world.StatesAsync(queued), await _world.StatesAsync(taken)));

        await _world.ReplayAsync(_world.North);
        await _world.DispatchAsync();

        Assert.Equal([queued.ToWire(), taken.ToWire()], _world.Sites.Dispatches.Where(d => d.Again).Select(d => d.CommandId).OrderBy(i => i.Equals(taken.ToWire())));
        Assert.Equal(("delivered", "delivered"), (await _world.StatesAsync(queued), await _world.StatesAsync(taken)));
    }

    [Fact]
    public async Task Given_records_repeated_and_reordered_in_one_batch_Then_each_has_one_effect()
    {
        var web = _world.Hosts.Add(_world.North, "web");
        var id = await _world.IssueAsync(web);
        var results = await _world.TellAsync(
            _world.North,
            _world.Record(id, web.Id, ExecutionState.Running),
            _world.Record(id, web.Id, ExecutionState.Failed, exitCode: 3),
            _world.Record(id, web.Id, ExecutionState.Running),
            _world.Record(id, web.Id, ExecutionState.Failed, exitCode: 3),
            _world.Record(id, web.Id, ExecutionState.Succeeded));

        Assert.Equal([true, true, false, false, false], results.Select(r => r.Changed));
        Assert.Equal(ErrorCodes.TransitionIllegal, results[4].Refusal!.Code);
        var execution = Assert.Single((await _world.ViewAsync(id)).Executions!);
        Assert.Equal(("failed", 3, "Linux\n", ""), (execution.State, execution.ExitCode, execution.Stdout, execution.Stderr));
        Assert.Equal(["command.issue 1", "execution.outcome failed 1"], await _world.AuditAsync());
        await _world.AssertTallyAsync(id);
    }

    [Fact]
    public async Task Given_a_command_of_a_site_itself_When_its_outcomes_come_Then_it_is_rebuilt_and_ends()
    {
        var (web, db) = (_world.Hosts.Add(_world.North, "web"), HostId.New());
        var id = CommandId.New();
        var now = _world.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var origin = new CommandOrigin
        {
            Local = true, Actor = "local:1000", CreatedUnixMs = now, DeadlineUnixMs = now + 60_000, Reason = "at the site",
            Script = new() { Arguments = { "true" }, TimeoutMs = 1000 },
        };
        await _world.TellAsync(_world.North, _world.Record(id, web.Id, ExecutionState.Succeeded, origin: origin));
        await _world.TellAsync(_world.North, _world.Record(id, db, ExecutionState.Running, origin: origin));
        Assert.False(Assert.Single(await _world.TellAsync(_world.North, _world.Record(id, web.Id, ExecutionState.Succeeded, origin: origin))).Changed);

        var view = await _world.ViewAsync(id);
        Assert.Equal(("in-progress", 2, "local:1000", _world.North), (view.State, view.HostCount, view.Actor, view.ToldBy));
        Assert.Equal([web.Hostname, db.ToString()], view.Executions!.Select(e => e.Host).OrderByDescending(h => h, StringComparer.Ordinal));
        await _world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal("partial", (await _world.ViewAsync(id)).State);
        Assert.Equal(
            ["command.rebuild 1", "execution.outcome succeeded 1", "execution.outcome unknown 1"], await _world.AuditAsync());
        await _world.AssertTallyAsync(id);
    }

    [Fact]
    public async Task Given_records_that_a_site_may_not_send_Then_each_is_refused_by_its_code_and_the_rest_is_taken()
    {
        var (web, db) = (_world.Hosts.Add(_world.North, "web"), _world.Hosts.Add(_world.South, "db"));
        var (mine, local) = (await _world.IssueAsync(web), new CommandOrigin { Local = true });
        var southern = CommandId.New();
        await _world.TellAsync(_world.South, _world.Record(southern, db.Id, ExecutionState.Running, origin: local));
        var huge = _world.Record(mine, web.Id, ExecutionState.Succeeded);
        huge.Report.Stdout.Head = Google.Protobuf.ByteString.CopyFrom(new byte[20_000]);
        var shortId = _world.Record(mine, web.Id, ExecutionState.Succeeded);
        shortId.Report.HostId = Google.Protobuf.ByteString.CopyFrom(1, 2);

        var results = await _world.TellAsync(
            _world.North,
            _world.Record(CommandId.New(), web.Id, ExecutionState.Succeeded),
            _world.Record(mine, HostId.New(), ExecutionState.Succeeded, origin: local),
            _world.Record(CommandId.New(), db.Id, ExecutionState.Succeeded, origin: local),
            _world.Record(southern, web.Id, ExecutionState.Succeeded, origin: local),
            huge,
            shortId,
            new ExecutionRecord(),
            _world.Record(mine, web.Id, ExecutionState.Unspecified),
            _world.Record(mine, web.Id, ExecutionState.Succeeded));
        Assert.Equal(
            [
                ErrorCodes.CommandNotFound, ErrorCodes.ExecutionNotFound, ErrorCodes.HostOwnedElsewhere, ErrorCodes.ExecutionNotFound,
                ErrorCodes.RecordInvalid, ErrorCodes.RecordInvalid, ErrorCodes.RecordInvalid, ErrorCodes.TransitionIllegal, null,
            ],
            results.Select(r => r.Refusal?.Code));
        Assert.True(results[^1].Changed);
    }

    [Fact]
    public async Task Given_more_hosts_than_a_message_holds_Then_they_go_in_several_of_one_command()
    {
        var hosts = Enumerable.Range(0, CommandDispatchDriver.HostsInMessage + 5).Select(i => _world.Hosts.Add(_world.North, $"h{i}")).ToArray();
        var id = await _world.IssueAsync(hosts);
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        Assert.Equal([CommandDispatchDriver.HostsInMessage, 5], _world.Sites.Dispatches.Select(d => d.HostIds.Count));
        Assert.Equal(hosts.Length, (await _world.ViewAsync(id)).Counts["delivered"]);
    }

    [Fact]
    public async Task Given_an_old_command_When_the_retention_has_passed_Then_it_is_forgotten_and_the_audit_log_stays()
    {
        var id = await _world.IssueAsync(_world.Hosts.Add(_world.North, "web"));
        await _world.PassAsync(TimeSpan.FromHours(2));
        await _world.PassAsync(_world.Options.Retention);
        Assert.Null(await _world.Reader.GetAsync(id, TimeSpan.Zero, null, default));
        Assert.Equal(2, (await _world.AuditAsync()).Count);
    }
}
