using System.Text.Json;
using Hanse.Agent.Data;
using Hanse.Agent.Inventory.Sources;
using Hanse.Agent.Native;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Agent.Cli;

/// <summary><c>hanse-agent join</c> (J1–J3); with a credential of another site it moves there (J4). Repeated after a crash it uses the same key, so the site gives the same identity.</summary>
internal static class JoinVerb
{
    private const int LongestText = 64 * 1024;

    internal static async Task<int> RunAsync(AgentArguments arguments, Terminal terminal, TimeProvider time, CancellationToken cancellation)
    {
        var folder = new AgentFolder(arguments.Data);
        using var held = FolderLock.TryTake(folder, out var holder);
        if (held is null)
        {
            return terminal.Fail(ExitCode.InUse, $"{folder.Root} is in use by process {holder}. Stop that agent first, or use another --data.");
        }

        var text = await ReadAsync(arguments, terminal, cancellation);
        var read = JoinString.Parse(text, NodeKind.Agent, time.GetUtcNow());
        if (read is not JoinStringOutcome.Read { Invitation: var invitation })
        {
            return terminal.Fail(ExitCode.Refused, $"{read.Message} ({read.Code})");
        }

        // J4: one that has joined before proves by its credential who it is, and keeps its id.
        NodeCredential.TryLoad(folder.Credential, out var moving);
        var outcome = await new JoinClient(time).JoinAgentAsync(invitation, NodeKey.LoadOrGenerate(folder.JoinKey), Describe(time), cancellation, moving);
        if (outcome is not AgentJoinOutcome.Joined joined)
        {
            var refusal = ((AgentJoinOutcome.Refused)outcome).Refusal;
            return terminal.Fail(ExitCode.Refused, $"{refusal.Message} ({refusal.Code})");
        }

        AgentIdentity.Save(folder, joined);
        Print(arguments, terminal, folder, joined, moving is not null);
        return ExitCode.Done;
    }

    private static async Task<string> ReadAsync(AgentArguments arguments, Terminal terminal, CancellationToken cancellation)
    {
        if (arguments.File is { } file)
        {
            return await File.ReadAllTextAsync(file, cancellation);
        }

        if (terminal.IsInteractive)
        {
            await terminal.Error.WriteAsync("Join string: ");
            return await terminal.In.ReadLineAsync(cancellation) ?? "";
        }

        var buffer = new char[LongestText];
        var count = await terminal.In.ReadBlockAsync(buffer, cancellation);
        return new string(buffer, 0, count);
    }

    private static HostDescription Describe(TimeProvider time)
    {
        var boot = new BootClock();
        var system = new SystemSource(HostView.Real(time), time, boot);
        return new HostDescription(system.Hostname(), system.MachineId() ?? "", boot.BootId, Versions.Software);
    }

    private static void Print(AgentArguments arguments, Terminal terminal, AgentFolder folder, AgentJoinOutcome.Joined joined, bool moved)
    {
        if (arguments.Json)
        {
            var view = new JoinView(joined.Host.ToString(), joined.Site.ToString(), joined.Federation.ToString(), folder.Root);
            terminal.Out.WriteLine(JsonSerializer.Serialize(view, AgentJson.Default.JoinView));
        }
        else
        {
            terminal.Out.WriteLine($"{(moved ? "Moved to" : "Joined")} site {joined.Site} as host {joined.Host}. Start the agent: hanse-agent run --data {folder.Root}");
        }
    }
}
