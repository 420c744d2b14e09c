using System.Diagnostics;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Commands;

/// <summary>D5: an agent that is killed in the middle of a script leaves no process behind, and says so once it is back.</summary>
public sealed class KilledAgentTests
{
    // The main shell, a child, one in a session of its own, and one that double-forked away; all deaf to SIGTERM.
    private const string Family = """
        trap '' TERM HUP
        sleep 600 &
        setsid sleep 600 &
        (setsid sh -c 'trap "" TERM; sleep 600 & sleep 600' >/dev/null 2>&1 &)
        echo started
        while :; do sleep 600; done
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_running_script_When_agent_killed_Then_nothing_lives_and_restarted_it_says_failed(bool withoutCgroups)
    {
        var folder = Directory.CreateTempSubdirectory("hanse-killed-").FullName;
        var id = CommandId.New();
        using var agent = Start(folder, id, withoutCgroups);
        var stdout = Path.Combine(folder, "executions", id.ToString(), "stdout");
        await Wait.For("the script to have started its family", () => File.Exists(stdout) && File.ReadAllText(stdout).Contains("started", StringComparison.Ordinal)
            && RunnerRig.Alive(id).Count >= 5);

        agent.Kill();
        await agent.WaitForExitAsync();
        await Wait.For("the family to have been killed without the agent", () => RunnerRig.Alive(id).Count == 0);

        await using var rig = await RunnerRig.OpenAsync(RunnerRig.Quick with { WithoutCgroups = withoutCgroups }, folder);
        var report = rig.Runner.Report(id)!;
        Assert.Equal((ExecutionState.Failed, "agent-restarted"), (report.State, report.Reason));
        Assert.Equal("started\n", report.Stdout.Head.ToStringUtf8());
        Assert.Contains(rig.Runner.Pending(), p => p.Command == id);
        Directory.Delete(folder, recursive: true);
    }

    private static Process Start(string folder, CommandId id, bool withoutCgroups)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(KilledAgentTests).Assembly.Location);
        }

        start.Environment[KilledAgentHarness.FolderVariable] = folder;
        start.Environment[KilledAgentHarness.ScriptVariable] = Family;
        start.Environment[KilledAgentHarness.CommandVariable] = id.ToString();
        start.Environment[KilledAgentHarness.PlainVariable] = withoutCgroups ? "1" : "0";
        return Process.Start(start)!;
    }
}
