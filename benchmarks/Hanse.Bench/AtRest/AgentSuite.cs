using Hanse.Bench.Harness;
using Hanse.Bench.Processes;

namespace Hanse.Bench.AtRest;

/// <summary>The real agent of this machine, published as it is shipped (trimmed, one file), linked to a real site: memory and processor time
/// at rest. Steps: 1 publish, 2 start, join, link, 3 wait until its inventory is told, 4 rest and measure.</summary>
internal sealed class AgentSuite : IBenchSuite
{
    private const double Mebi = 1024 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    public string Name => "agent";

    public string Summary => "the trimmed agent at rest on this machine; --rest 60 (seconds it is watched)";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var rest = TimeSpan.FromSeconds(options.Get("rest", 60));
        await using var federation = await BenchFederation.StartAsync(1);
        // 1
        var program = await PublishAsync(Path.Combine(federation.Folder, "published"));
        table.Note($"{program}: {new FileInfo(program).Length / Mebi:0.0} MiB on disk");

        // 2
        var data = Path.Combine(federation.Folder, "agent");
        await using (var join = BenchProcess.Start("hanse-agent join", program, await federation.InviteAsync(), "join", "--data", data))
        {
            await join.EndedAsync(Deadline);
        }

        await using var agent = BenchProcess.Start("hanse-agent", program, null, "run", "--data", data);

        // 3
        var site = federation.Sites[0].Api;
        await agent.UntilAsync("its packages were at the site", async () => await ToldAsync(site), Deadline);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, cancellation);

        // 4
        var cpu = agent.Cpu;
        await Task.Delay(rest, TimeProvider.System, cancellation);
        table.AtMost("the agent's memory at rest, resident", agent.Resident / Mebi, 45, "MiB");
        table.Info("– its own share of shared pages only (PSS)", ProcessFigures.Proportional(agent.Pid) / Mebi, "MiB");
        table.Info($"the agent's processor time over {rest.TotalSeconds:0} s at rest", (agent.Cpu - cpu).TotalMilliseconds, "ms");
        table.Info("– since its start, inventory included", agent.Cpu.TotalSeconds, "s");
    }

    private static async Task<bool> ToldAsync(SocketApi site)
    {
        var hosts = await site.ListAsync("hosts?limit=10");
        if (hosts.Count == 0)
        {
            return false;
        }

        var sections = await site.GetAsync($"hosts/{hosts[0].GetProperty("id").GetString()}/sections");
        return sections.EnumerateArray().Any(s => s.GetProperty("name").GetString() == "updates");
    }

    private static async Task<string> PublishAsync(string folder)
    {
        var root = BenchProcess.Root();
        await using var publish = BenchProcess.Start("dotnet publish", "dotnet", null,
            "publish", Path.Combine(root, "src/Hanse.Agent/Hanse.Agent.csproj"), "-c", "Release", "-r", "linux-x64", "--self-contained", "-p:PublishTrimmed=true",
            "-p:PublishSingleFile=true", "-p:RestoreLockedMode=false", "-p:NuGetLockFilePath=obj/bench.lock.json", "-o", folder, "-v", "quiet", "-nologo");
        await publish.EndedAsync(TimeSpan.FromMinutes(10));
        var program = Path.Combine(folder, "hanse-agent");
        return File.Exists(program) ? program : throw new InvalidOperationException($"The agent was not published. Its last lines:\n{publish.Last()}");
    }
}
