using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Commands;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Tests.Commands;

/// <summary>The site's half of the command machine (D2–D5), with real agents' links and a real database.</summary>
public sealed class CommandIntakeTests(SiteHost site) : IClassFixture<SiteHost>
{
    private CommandIntake Intake => site.Get<CommandIntake>();

    [Fact]
    public async Task Given_a_dispatch_that_is_repeated_When_taken_Then_the_agent_is_offered_it_once_and_the_outcome_goes_up_once()
    {
        var agent = await TestAgent.OnlineAsync(site, "once-1");
        agent.OnOffer = offer => TestAgent.Report(offer.CommandId, ExecutionState.Succeeded, 0);
        var dispatch = Dispatch(agent.Host);

        await Intake.TakeAsync(dispatch, default);
        await ExpectAsync(dispatch, agent.Host, ExecutionState.Succeeded);
        await Intake.TakeAsync(dispatch, default);
        await Intake.TakeAsync(dispatch, default);
        await Intake.ReportAsync(agent.Host, TestAgent.Report(dispatch.CommandId, ExecutionState.Succeeded, 0), default);

        Assert.Single(agent.Offers);
        var outcome = Assert.Single(await OutcomesAsync(dispatch));
        Assert.Equal((ExecutionState.Succeeded, 0, "Linux\n"), (outcome.State, outcome.ExitCode, outcome.Stdout.Head.ToStringUtf8()));
    }

    [Fact]
    public async Task Given_an_offer_whose_answer_was_lost_When_the_agent_is_back_Then_it_is_offered_again()
    {
        var agent = await TestAgent.OnlineAsync(site, "lost-answer-1");
        agent.OnOffer = _ => null;
        var dispatch = Dispatch(agent.Host);
        await Intake.TakeAsync(dispatch, default);
        await Wait.For("the first offer", () => agent.Offers.Count == 1);
        agent.OnOffer = offer => TestAgent.Report(offer.CommandId, ExecutionState.Running);

        await agent.LeaveAsync();
        await agent.ConnectAsync();

        await ExpectAsync(dispatch, agent.Host, ExecutionState.Running);
    }

    [Fact]
    public async Task Given_a_host_that_stays_away_When_the_deadline_passes_Then_the_execution_has_expired_and_is_never_offered()
    {
        var agent = await TestAgent.JoinAsync(site, "away-1");
        var dispatch = Dispatch(agent.Host, TimeSpan.FromSeconds(30));
        await Intake.TakeAsync(dispatch, default);

        Pass(TimeSpan.FromSeconds(31));
        await ExpectAsync(dispatch, agent.Host, ExecutionState.Expired);
        await agent.ConnectAsync();
        await Intake.TakeAsync(dispatch, default);
        await PassAsync(agent);

        Assert.Empty(agent.Offers);
        Assert.Equal((ExecutionState.Expired, "deadline-passed"), (await OutcomesAsync(dispatch)).Select(o => (o.State, o.Reason)).Single());
    }

    /// <summary>U6: this site's life that was lost may have handed it on.</summary>
    [Fact]
    public async Task Given_what_comes_again_after_a_restore_When_its_deadline_has_passed_Then_the_agent_alone_says_what_became_of_it()
    {
        var agent = await TestAgent.JoinAsync(site, "again-1");
        agent.OnOffer = offer => TestAgent.Report(offer.CommandId, ExecutionState.Succeeded, 0);
        var dispatch = Dispatch(agent.Host, TimeSpan.FromMilliseconds(1));
        dispatch.Again = true;
        await Intake.TakeAsync(dispatch, default);

        Pass(TimeSpan.FromSeconds(31));
        await PassAsync(await TestAgent.OnlineAsync(site, "again-2"));
        Assert.Empty(await OutcomesAsync(dispatch));
        await agent.ConnectAsync();

        await ExpectAsync(dispatch, agent.Host, ExecutionState.Succeeded);
    }

    /// <summary>U6: the outcome that the agent told, and this site acknowledged, was lost with this site's database.</summary>
    [Fact]
    public async Task Given_an_outcome_that_was_lost_with_the_database_When_the_agent_is_back_Then_it_is_asked_and_never_told_to_start()
    {
        var agent = await TestAgent.OnlineAsync(site, "forgotten-1");
        agent.OnOffer = offer => TestAgent.Report(offer.CommandId, ExecutionState.Running);
        var dispatch = Dispatch(agent.Host);
        await Intake.TakeAsync(dispatch, default);
        await ExpectAsync(dispatch, agent.Host, ExecutionState.Running);
        await agent.LeaveAsync();
        agent.OnOffer = offer => TestAgent.Report(offer.CommandId, ExecutionState.Succeeded, 0);

        await agent.ConnectAsync();

        await ExpectAsync(dispatch, agent.Host, ExecutionState.Succeeded);
        Assert.Equal(0UL, agent.Offers.Last().TimeLeftMs);
        Assert.Single(await OutcomesAsync(dispatch));
    }

    [Fact]
    public async Task Given_a_cancel_that_overtakes_its_command_When_the_command_comes_Then_a_tombstone_keeps_it_from_starting()
    {
        var agent = await TestAgent.OnlineAsync(site, "tombstone-1");
        var dispatch = Dispatch(agent.Host);

        await Intake.CancelAsync(new CommandCancel { CommandId = dispatch.CommandId, HostIds = { agent.Host.ToWire() }, Actor = "ada" }, default);
        await Intake.TakeAsync(dispatch, default);
        await PassAsync(agent);

        Assert.Empty(agent.Offers);
        Assert.Equal((ExecutionState.Cancelled, "cancel-requested"), (await OutcomesAsync(dispatch)).Select(o => (o.State, o.Reason)).Single());
    }

    [Fact]
    public async Task Given_a_running_execution_When_it_is_cancelled_Then_only_the_agent_ends_it()
    {
        var agent = await TestAgent.OnlineAsync(site, "kill-1");
        var dispatch = Dispatch(agent.Host);
        await Intake.TakeAsync(dispatch, default);
        await ExpectAsync(dispatch, agent.Host, ExecutionState.Running);

        await Intake.CancelAsync(new CommandCancel { CommandId = dispatch.CommandId, Actor = "ada" }, default);

        await ExpectAsync(dispatch, agent.Host, ExecutionState.Cancelled);
        Assert.Equal(CommandId.FromBytes(dispatch.CommandId.Span), Assert.Single(agent.Cancels.Distinct()));
    }

    [Theory]
    [InlineData(ExecutionState.Failed)]
    [InlineData(ExecutionState.Expired)]
    [InlineData(ExecutionState.Running)]
    [InlineData(ExecutionState.Queued)]
    [InlineData((ExecutionState)99)]
    public async Task Given_an_execution_that_has_ended_When_the_agent_tells_otherwise_Then_it_stays_as_it_ended(ExecutionState told)
    {
        var agent = await TestAgent.OnlineAsync(site, $"fickle-{(int)told}");
        agent.OnOffer = offer => TestAgent.Report(offer.CommandId, ExecutionState.Succeeded, 0);
        var dispatch = Dispatch(agent.Host);
        await Intake.TakeAsync(dispatch, default);
        await ExpectAsync(dispatch, agent.Host, ExecutionState.Succeeded);

        var answer = await agent.AskAsync<ExecutionReceipt>(Method.ExecutionReport, TestAgent.Report(dispatch.CommandId, told));

        Assert.Equal(ExecutionState.Succeeded, answer.Value!.State);
        Assert.Single(await OutcomesAsync(dispatch));
    }

    [Fact]
    public async Task Given_a_host_that_is_not_here_When_a_command_names_it_Then_it_is_rejected_by_name()
    {
        var dispatch = Dispatch(HostId.New());

        await Intake.TakeAsync(dispatch, default);

        Assert.Equal((ExecutionState.Rejected, "host-unknown"), (await OutcomesAsync(dispatch)).Select(o => (o.State, o.Reason)).Single());
    }

    [Fact]
    public async Task Given_a_report_that_no_table_holds_When_told_beside_a_sound_one_Then_only_the_bad_one_is_refused()
    {
        var agent = await TestAgent.OnlineAsync(site, "poison-1");
        var (bad, nul, sound) = (CommandId.New(), CommandId.New(), CommandId.New());
        var wild = TestAgent.Report(bad.ToWire(), ExecutionState.Failed, 1);
        wild.FinishedUnixMs = long.MaxValue;
        var text = TestAgent.Report(nul.ToWire(), ExecutionState.Failed, 1);
        text.Detail = "a\0b";

        var answers = await Task.WhenAll(
            agent.AskAsync<ExecutionReceipt>(Method.ExecutionReport, wild).AsTask(),
            agent.AskAsync<ExecutionReceipt>(Method.ExecutionReport, text).AsTask(),
            agent.AskAsync<ExecutionReceipt>(Method.ExecutionReport, TestAgent.Report(sound.ToWire(), ExecutionState.Succeeded, 0)).AsTask());

        Assert.Equal(ErrorCodes.MalformedMessage, answers[0].Error!.Code);
        Assert.True(answers[1].Succeeded);
        Assert.True(answers[2].Succeeded);
        Assert.Equal(["a\uFFFDb"], await site.QueryAsync<string>("select detail from commands_execution where command_id = @id", new { id = nul.Value }));
    }

    [Fact]
    public async Task Given_output_in_pieces_When_repeated_overlapping_or_after_a_gap_Then_what_is_held_has_no_gap_and_nothing_twice()
    {
        var agent = await TestAgent.OnlineAsync(site, "output-1");
        var command = CommandId.New();
        await Intake.ReportAsync(agent.Host, TestAgent.Report(command.ToWire(), ExecutionState.Running), default);

        Assert.Equal(5ul, await TellAsync(agent, command, (0, "hello")));
        Assert.Equal(5ul, await TellAsync(agent, command, (9, "gap")));
        Assert.Equal(8ul, await TellAsync(agent, command, (3, "lo wo")));
        Assert.Equal(11ul, await TellAsync(agent, command, (8, "rld"), (0, "hello")));

        var read = await Intake.ReadOutputAsync(Query(agent.Host, command), default);
        Assert.Equal(("hello world", 11ul, false), (read!.Data.ToStringUtf8(), read.Length, read.Complete));
        var part = await Intake.ReadOutputAsync(new(Query(agent.Host, command)) { Offset = 4, Limit = 3 }, default);
        Assert.Equal("o w", part!.Data.ToStringUtf8());
    }

    [Theory]
    [InlineData(11UL, false, 11UL)]
    [InlineData(99UL, true, 11UL)]
    [InlineData(11UL, false, 0UL)]
    public async Task Given_an_outcome_that_overtook_the_output_When_the_rest_comes_Then_only_that_completes_it(ulong length, bool truncated, ulong kept)
    {
        var agent = await TestAgent.OnlineAsync(site, $"output-{length}-{kept}");
        var command = CommandId.New();
        await TellAsync(agent, command, (0, "hello"));
        await Intake.ReportAsync(agent.Host, TestAgent.Report(command.ToWire(), ExecutionState.Running), default);
        var outcome = TestAgent.Report(command.ToWire(), ExecutionState.Succeeded, 0);
        outcome.Stdout = new StreamExcerpt { Length = length, Truncated = truncated, Kept = kept };
        await Intake.ReportAsync(agent.Host, outcome, default);

        Assert.False((await Intake.ReadOutputAsync(Query(agent.Host, command), default))!.Complete);
        Assert.True((await Intake.ReadOutputAsync(new(Query(agent.Host, command)) { Stream = OutputStream.Stderr }, default))!.Complete);
        await TellAsync(agent, command, (5, " world"));
        Assert.True((await Intake.ReadOutputAsync(Query(agent.Host, command), default))!.Complete);
    }

    [Fact]
    public async Task Given_two_writers_of_one_stream_When_both_continue_it_Then_neither_is_told_of_more_than_is_held()
    {
        var agent = await TestAgent.OnlineAsync(site, "race-1");
        var command = CommandId.New();
        var store = site.Get<OutputStore>();

        var told = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => store.AppendAsync(agent.Host, Chunks(command, (0, new string('x', n * 10))), default)));

        var held = await store.ReadAsync(Query(agent.Host, command), default);
        Assert.All(told, receipt => Assert.True((long)receipt.Offsets.Single().Acknowledged <= held.Length));
        Assert.Equal(held.Length, held.Data.Length);
    }

    private static CommandDispatch Dispatch(HostId host, TimeSpan? left = null) => new()
    {
        CommandId = CommandId.New().ToWire(), Script = new Script { Arguments = { "uname" }, TimeoutMs = 1000 }, HostIds = { host.ToWire() },
        TimeLeftMs = (ulong)(left ?? TimeSpan.FromDays(1)).TotalMilliseconds, Actor = "ada",
    };

    private static ExecutionOutputQuery Query(HostId host, CommandId command) =>
        new() { CommandId = command.ToWire(), HostId = host.ToWire(), Stream = OutputStream.Stdout };

    private static OutputReport Chunks(CommandId command, params (int Offset, string Text)[] pieces)
    {
        var report = new OutputReport();
        report.Chunks.AddRange(pieces.Select(p => new OutputChunk
        {
            CommandId = command.ToWire(), Stream = OutputStream.Stdout, Offset = (ulong)p.Offset, Data = ByteString.CopyFromUtf8(p.Text),
        }));
        return report;
    }

    private static async Task<ulong> TellAsync(TestAgent agent, CommandId command, params (int, string)[] pieces) =>
        (await agent.AskAsync<OutputReceipt>(Method.OutputReport, Chunks(command, pieces))).Value!.Offsets.Single().Acknowledged;

    private async Task ExpectAsync(CommandDispatch dispatch, HostId host, ExecutionState state) => await Wait.For(
        $"the execution to be {state}",
        async () => (await site.QueryAsync<short>(
            "select state from commands_execution where command_id = @id and host_id = @host",
            new { id = CommandId.FromBytes(dispatch.CommandId.Span).Value, host = host.Value })).SingleOrDefault() == (short)state);

    /// <summary>A whole round of the driver has gone by: another command has reached this agent.</summary>
    private async Task PassAsync(TestAgent agent)
    {
        var probe = Dispatch(agent.Host);
        await Intake.TakeAsync(probe, default);
        await Wait.For("the probe to be offered", () => agent.Offers.Any(o => o.CommandId == probe.CommandId));
        Assert.True(agent.Offers.TryDequeue(out var first) && first.CommandId == probe.CommandId, "Something else was offered before the probe.");
    }

    private async Task<IReadOnlyList<ExecutionReport>> OutcomesAsync(CommandDispatch dispatch) =>
        [.. (await site.RecordsAsync()).Where(r => r.FactCase == Record.FactOneofCase.Execution && r.Execution.Report.CommandId == dispatch.CommandId)
            .Select(r => r.Execution.Report).Where(r => r.State is not ExecutionState.Running)];

    /// <summary>Time goes by, and the driver looks what is due.</summary>
    private void Pass(TimeSpan time)
    {
        site.Clock.Advance(time);
        site.Get<CommandSignal>().Work.Set();
    }
}
