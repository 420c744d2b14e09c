using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hanse.Agent.Tests.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Link;

/// <summary>The real <c>hanse-agent</c> against a site over real TLS links.</summary>
public sealed class RealAgentTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Given_joined_agent_When_it_runs_Then_host_is_seen_and_commands_run_and_secret_is_kept()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        site.Join(folder.Path);
        var started = Stopwatch.GetTimestamp();
        using (var agent = RealAgent.Start("run", "--data", folder.Path))
        {
            await Wait.For("the system section", () => site.Sections.ContainsKey("system"), Long, () => agent.Log);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first section after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s"));
            await Wait.For("all sections", () => site.Sections.Count == 10, Long, () => agent.Log);
            Assert.All(site.Sections.Values, s => Assert.Equal("", s.Error));
            using var system = JsonDocument.Parse(site.Sections["system"].Body.Memory);
            Assert.Equal(Environment.MachineName, system.RootElement.GetProperty("hostname").GetString());

            var offer = RunnerRig.Shell("uname -r");
            Assert.Equal(ExecutionState.Running, (await site.OfferAsync(offer)).Value!.State);
            var report = await site.OutcomeAsync(CommandId.FromBytes(offer.CommandId.Span));
            var kernel = await File.ReadAllTextAsync("/proc/sys/kernel/osrelease");
            Assert.Equal((ExecutionState.Succeeded, kernel), (report.State, report.Stdout.Head.ToStringUtf8()));
            await Wait.For("the output", () => site.Output == kernel);

            var second = RealAgent.Start("run", "--data", folder.Path);
            await second.Process.WaitForExitAsync();
            Assert.Equal(4, second.Process.ExitCode);
            Assert.Contains($"in use by process {agent.Process.Id}", second.Log, StringComparison.Ordinal);

            await Wait.For("the whole inventory", () => site.Reports.Any(r => r.Full), Long, () => agent.Log);
            site.Reports.Clear();
            Assert.True((await site.Link!.RequestAsync<Empty>(Method.InventoryRefresh, new InventoryRefresh { Sections = { "packages" } }, Long)).Succeeded);
            await Wait.For("the one section that was asked for", () => site.Reports.Any(r => !r.Full && r.Sections.Any(s => s.Name == "packages")), Long, () => agent.Log);
            Assert.DoesNotContain(site.Reports.SelectMany(r => r.Sections), s => s.Name is "hardware" or "certificates");
            Assert.True((await site.Link!.RequestAsync<Empty>(Method.InventoryRefresh, new InventoryRefresh(), Long)).Succeeded);
            await Wait.For("all sections in full", () => site.Reports.Any(r => r.Full) && site.Reports.SelectMany(r => r.Sections).DistinctBy(s => s.Name).Count() == 10, Long, () => agent.Log);
            Measure(agent.Process.Id);
            Assert.Equal(0, Kill(agent.Process.Id, 15));
            await agent.Process.WaitForExitAsync();
            Assert.Equal(0, agent.Process.ExitCode);
        }

        site.Reports.Clear();
        using var again = RealAgent.Start("run", "--data", folder.Path);
        await Wait.For("hashes of all sections on the second link", () => site.Reports.Any(r => r.Full), Long, () => again.Log);
        Assert.Equal(["", "secret 1"], site.SecretsShown);
        Assert.DoesNotContain(site.Reports.SelectMany(r => r.Sections), s => s.Name is "packages" or "users" or "certificates" or "hardware");
    }

    [Fact]
    public async Task Given_running_script_When_agent_is_killed_Then_no_process_is_left_and_the_site_hears_of_it()
    {
        using var folder = new TestFolder();
        using var site = new FakeSite();
        site.Join(folder.Path);
        var offer = RunnerRig.Shell("trap '' TERM; (setsid sleep 600 &); echo up; while :; do sleep 600; done");
        var id = CommandId.FromBytes(offer.CommandId.Span);
        using (var agent = RealAgent.Start("run", "--data", folder.Path))
        {
            await Wait.For("a link", () => site.Link is not null, Long, () => agent.Log);
            await site.OfferAsync(offer);
            await Wait.For("the script to be up", () => RunnerRig.Alive(id).Count >= 3);
            agent.Process.Kill();
            await agent.Process.WaitForExitAsync();
        }

        using var again = RealAgent.Start("run", "--data", folder.Path);
        var report = await site.OutcomeAsync(id);
        Assert.Equal((ExecutionState.Failed, "agent-restarted"), (report.State, report.Reason));
        Assert.Empty(RunnerRig.Alive(id));
    }

    private void Measure(int pid)
    {
        var memory = File.ReadLines($"/proc/{pid}/status").Where(l => l.StartsWith("VmRSS", StringComparison.Ordinal) || l.StartsWith("RssAnon", StringComparison.Ordinal));
        output.WriteLine(string.Join("; ", memory));
    }

    private static int Kill(int pid, int signal) => Hanse.Agent.Native.Libc.Kill(pid, signal);
}
