using Hanse.Agent.Native;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Commands;

/// <summary>D4 and D5 with real processes, in a cgroup and without one.</summary>
public sealed class ExecutionRunnerTests
{
    [Fact]
    public async Task Script_succeeds_Then_output_code_and_arguments_are_told()
    {
        await using var rig = await RunnerRig.OpenAsync();
        var offer = RunnerRig.Shell("echo \"$1|$GREETING|$HANSE_COMMAND_ID\"; echo oops >&2; read x || echo no-stdin");
        offer.Script.Arguments.Add("it's \"quoted\" $HOME");
        offer.Script.Environment["GREETING"] = "a 'b'\nc";
        var report = await rig.RunAsync(offer);

        Assert.Equal((ExecutionState.Succeeded, 0), (report.State, report.ExitCode));
        var id = CommandId.FromBytes(offer.CommandId.Span);
        Assert.Equal($"it's \"quoted\" $HOME|a 'b'\nc|{id}\nno-stdin\n", report.Stdout.Head.ToStringUtf8());
        Assert.Equal("oops\n", report.Stderr.Head.ToStringUtf8());
        Assert.False(File.Exists(Path.Combine(rig.Folder, "executions", id.ToString(), "script")));
    }

    [Theory]
    [InlineData("exit 7", "exit-code", 7)]
    [InlineData("kill -9 $$", "signalled", 137)]
    public async Task Script_fails_Then_reason_and_code_are_told(string body, string reason, int code)
    {
        await using var rig = await RunnerRig.OpenAsync();
        var report = await rig.RunAsync(RunnerRig.Shell(body));
        Assert.Equal((ExecutionState.Failed, reason, code), (report.State, report.Reason, report.ExitCode));
    }

    [Fact]
    public async Task No_interpreter_Then_first_argument_is_the_program()
    {
        await using var rig = await RunnerRig.OpenAsync();
        var offer = new ExecutionOffer { CommandId = CommandId.New().ToWire(), TimeLeftMs = 1000, Script = new Script { Arguments = { "uname", "-r" } } };
        var report = await rig.RunAsync(offer);
        Assert.Equal(await File.ReadAllTextAsync("/proc/sys/kernel/osrelease"), report.Stdout.Head.ToStringUtf8());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Script_ignores_sigterm_and_escapes_Then_timeout_ends_the_whole_tree(bool withoutCgroups)
    {
        await using var rig = await RunnerRig.OpenAsync(RunnerRig.Quick with { WithoutCgroups = withoutCgroups });
        var offer = RunnerRig.Shell(
            """
            trap '' TERM HUP
            (setsid sh -c 'trap "" TERM; (setsid sleep 600 &) ; sleep 600' &)
            for i in $(seq 50); do (trap '' TERM; sleep 600) & done
            wait
            """,
            timeout: TimeSpan.FromSeconds(1));
        var report = await rig.RunAsync(offer);
        Assert.Equal((ExecutionState.TimedOut, "timeout"), (report.State, report.Reason));
        Assert.Empty(RunnerRig.Alive(CommandId.FromBytes(offer.CommandId.Span)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Script_ends_and_leaves_daemons_Then_they_are_ended_too(bool withoutCgroups)
    {
        await using var rig = await RunnerRig.OpenAsync(RunnerRig.Quick with { WithoutCgroups = withoutCgroups });
        var offer = RunnerRig.Shell("(setsid sleep 600 &); sleep 600 & echo done");
        var report = await rig.RunAsync(offer);
        Assert.Equal((ExecutionState.Succeeded, "done\n"), (report.State, report.Stdout.Head.ToStringUtf8()));
        Assert.Empty(RunnerRig.Alive(CommandId.FromBytes(offer.CommandId.Span)));
    }

    [Fact]
    public async Task Script_floods_Then_disk_is_bounded_and_the_rest_counted()
    {
        await using var rig = await RunnerRig.OpenAsync();
        var offer = RunnerRig.Shell("head -c 50000000 /dev/zero | tr '\\0' x; echo end", limit: 100_000);
        var report = await rig.RunAsync(offer);
        Assert.Equal((50_000_004UL, true, 100_000UL), (report.Stdout.Length, report.Stdout.Truncated, report.Stdout.Kept));
        Assert.Equal((16384, 16384), (report.Stdout.Head.Length, report.Stdout.Tail.Length));
        var file = Path.Combine(rig.Folder, "executions", CommandId.FromBytes(offer.CommandId.Span).ToString(), "stdout");
        Assert.Equal(100_000, new FileInfo(file).Length);
    }

    [Fact]
    public async Task Run_as_another_user_Then_it_is_that_user_in_that_home()
    {
        Assert.SkipUnless(LocalUser.Current().Id == 0, "Only root can become another user.");
        await using var rig = await RunnerRig.OpenAsync();
        var report = await rig.RunAsync(RunnerRig.Shell("id -un; id -gn; echo $HOME", runAs: "games"));
        Assert.Equal((ExecutionState.Succeeded, "games\ngames\n/usr/games\n"), (report.State, report.Stdout.Head.ToStringUtf8()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Path.GetTempPath(), "hanse-agent-tests")));
    }

    [Theory]
    [InlineData("no-such-user-here", "/bin/sh", "unknown-user")]
    [InlineData("", "/no/such/interpreter", "interpreter-missing")]
    [InlineData("", "", "script-invalid")]
    public async Task Order_cannot_be_run_Then_it_is_rejected_and_not_kept(string runAs, string interpreter, string reason)
    {
        await using var rig = await RunnerRig.OpenAsync();
        var offer = RunnerRig.Shell("true", runAs: runAs);
        offer.Script.Interpreter = interpreter;
        var report = rig.Runner.Offer(offer);
        Assert.Equal((ExecutionState.Rejected, reason), (report.State, report.Reason));
        Assert.Empty(rig.Runner.Pending());
    }

    [Fact]
    public async Task Time_is_up_Then_expired_and_nothing_runs()
    {
        await using var rig = await RunnerRig.OpenAsync();
        var offer = RunnerRig.Shell("true");
        offer.TimeLeftMs = 0;
        Assert.Equal((ExecutionState.Expired, "deadline-passed"), (rig.Runner.Offer(offer).State, rig.Runner.Offer(offer).Reason));
    }

    [Fact]
    public async Task Asked_again_Then_answered_from_the_journal_and_run_once()
    {
        await using var rig = await RunnerRig.OpenAsync();
        var mark = Path.Combine(rig.Folder, "mark");
        var offer = RunnerRig.Shell($"echo x >> {mark}");
        await rig.RunAsync(offer);
        Assert.Equal(ExecutionState.Succeeded, rig.Runner.Offer(offer).State);

        await using var again = await RunnerRig.OpenAsync(folder: rig.Folder);
        Assert.Equal(ExecutionState.Succeeded, again.Runner.Offer(offer).State);
        Assert.Equal("x\n", await File.ReadAllTextAsync(mark));
    }

    [Fact]
    public async Task Cancel_overtakes_the_offer_Then_it_never_runs()
    {
        await using var rig = await RunnerRig.OpenAsync();
        var id = CommandId.New();
        Assert.Equal(ExecutionState.Cancelled, rig.Runner.Cancel(id).State);
        Assert.Equal(ExecutionState.Cancelled, rig.Runner.Offer(RunnerRig.Shell("true", id)).State);
        await using var again = await RunnerRig.OpenAsync(folder: rig.Folder);
        Assert.Equal(ExecutionState.Cancelled, again.Runner.Offer(RunnerRig.Shell("true", id)).State);
    }

    [Fact]
    public async Task Cancel_while_running_Then_cancelled_and_nothing_lives()
    {
        await using var rig = await RunnerRig.OpenAsync();
        var id = CommandId.New();
        Assert.Equal(ExecutionState.Running, rig.Runner.Offer(RunnerRig.Shell("trap '' TERM; echo up; sleep 600", id)).State);
        await Wait.For("the script to be up", () => RunnerRig.Alive(id).Count > 0);
        Assert.Equal(ExecutionState.Running, rig.Runner.Cancel(id).State);
        var report = await rig.OutcomeAsync(id);
        Assert.Equal((ExecutionState.Cancelled, "cancel-requested"), (report.State, report.Reason));
        Assert.Empty(RunnerRig.Alive(id));
    }

    [Fact]
    public async Task More_than_may_run_at_once_Then_the_rest_wait_and_expire_or_run()
    {
        await using var rig = await RunnerRig.OpenAsync(RunnerRig.Quick with { Concurrency = 1 });
        using var stop = new CancellationTokenSource();
        var drive = rig.Runner.DriveAsync(stop.Token);
        var (first, late, next) = (CommandId.New(), CommandId.New(), CommandId.New());
        rig.Runner.Offer(RunnerRig.Shell("sleep 600", first));
        var hurried = RunnerRig.Shell("true", late);
        hurried.TimeLeftMs = 200;
        Assert.Equal(ExecutionState.Delivered, rig.Runner.Offer(hurried).State);
        Assert.Equal(ExecutionState.Delivered, rig.Runner.Offer(RunnerRig.Shell("true", next)).State);

        Assert.Equal(ExecutionState.Expired, (await rig.OutcomeAsync(late)).State);
        rig.Runner.Cancel(first);
        Assert.Equal(ExecutionState.Succeeded, (await rig.OutcomeAsync(next)).State);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drive);
    }

    [Fact]
    public async Task Journal_is_full_Then_new_work_is_rejected_and_old_results_stay()
    {
        await using var rig = await RunnerRig.OpenAsync(RunnerRig.Quick with { MaximumExecutions = 1 });
        var first = RunnerRig.Shell("echo kept");
        await rig.RunAsync(first);
        var refused = rig.Runner.Offer(RunnerRig.Shell("true"));
        Assert.Equal((ExecutionState.Rejected, "journal-full"), (refused.State, refused.Reason));
        Assert.Equal("kept\n", rig.Runner.Offer(first).Stdout.Head.ToStringUtf8());
    }

    [Fact]
    public async Task Output_is_pumped_in_chunks_from_the_acknowledged_offset()
    {
        await using var rig = await RunnerRig.OpenAsync();
        var offer = RunnerRig.Shell("seq 1 60000");
        await rig.RunAsync(offer);
        var expected = string.Concat(Enumerable.Range(1, 60000).Select(i => $"{i}\n"));
        using var received = new MemoryStream();
        while (rig.Runner.NextOutput(100_000) is { Count: > 0 } chunks)
        {
            var chunk = chunks[0];
            Assert.Equal((ulong)received.Length, chunk.Offset);
            // The site took only half of what came.
            var taken = Math.Max(1, chunk.Data.Length / 2);
            received.Write(chunk.Data.Span[..taken]);
            rig.Runner.AcknowledgeOutput([new OutputOffset { CommandId = offer.CommandId, Stream = chunk.Stream, Acknowledged = (ulong)received.Length }]);
        }

        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(received.ToArray()));
        Assert.False(File.Exists(Path.Combine(rig.Folder, "executions", CommandId.FromBytes(offer.CommandId.Span).ToString(), "stdout")));
    }

    [Fact]
    public async Task Acknowledged_and_a_week_past_the_deadline_Then_forgotten()
    {
        var clock = new ManualClock();
        await using var rig = await RunnerRig.OpenAsync(time: clock);
        var id = CommandId.New();
        rig.Runner.Cancel(id);
        clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(0, rig.Journal.Sweep());
        rig.Runner.Acknowledge(id, ExecutionState.Cancelled);
        Assert.Equal(1, rig.Journal.Sweep());
        Assert.Null(rig.Runner.Report(id));
    }
}
