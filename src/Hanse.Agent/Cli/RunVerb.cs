using System.Runtime.InteropServices;
using Hanse.Agent.Data;
using Hanse.Agent.Logging;

namespace Hanse.Agent.Cli;

/// <summary><c>hanse-agent run</c>: the daemon. SIGTERM and SIGINT stop it cleanly.</summary>
internal static class RunVerb
{
    internal static async Task<int> RunAsync(AgentArguments arguments, Terminal terminal, TimeProvider time)
    {
        var folder = new AgentFolder(arguments.Data);
        using var held = FolderLock.TryTake(folder, out var holder);
        if (held is null)
        {
            return terminal.Fail(ExitCode.InUse, $"{folder.Root} is in use by process {holder}: an agent already runs on this data. Use another --data for a second one.");
        }

        if (AgentIdentity.Open(folder) is not { } identity)
        {
            return terminal.Fail(ExitCode.NotJoined, $"{folder.Root} belongs to no site yet. Run hanse-agent join --data {folder.Root} first.");
        }

        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        await using var error = Console.OpenStandardError();
        var settings = new RunSettings { InventoryInterval = arguments.InventoryInterval, PathInterval = arguments.PathInterval, Executions = arguments.Executions };
        await new AgentNode(folder, identity, settings, new AgentLog(error, time), time).RunAsync(stop.Token);
        return ExitCode.Done;
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}
