using System.Runtime.InteropServices;
using Hanse.Gateway.Control;
using Hanse.Gateway.Logging;
using Hanse.Gateway.Routes;
using Hanse.Gateway.Takeover;

namespace Hanse.Gateway.Cli;

/// <summary><c>hanse-gateway run</c>: the daemon. SIGTERM and SIGINT stop it, SIGHUP reads the file of routes again, SIGUSR2 upgrades in place.</summary>
internal static class RunVerb
{
    /// <summary>SIGUSR2 of Linux, which .NET has no name for.</summary>
    private const PosixSignal Upgrade = (PosixSignal)12;

    internal static async Task<int> RunAsync(GatewayArguments arguments, Terminal terminal, TimeProvider time)
    {
        var folder = new GatewayFolder(arguments.Data);
        if (arguments.Routes is null && !folder.HasJoined)
        {
            return terminal.Fail(ExitCode.NotJoined, $"{folder.Root} belongs to no federation, and there is no file of routes. Run hanse-gateway join --data {folder.Root} first, or name a file with --routes FILE.");
        }

        var (file, problems) = arguments.Routes is { } path ? RouteFile.Load(path) : (new RouteFile([]), []);
        if (file is null)
        {
            return terminal.Fail(ExitCode.Failed, string.Join('\n', problems));
        }

        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        await using var error = Console.OpenStandardError();
        var log = new GatewayLog(error, time);
        using var node = GatewayNode.Open(new RunSettings(folder, arguments.Relay, arguments.Collector), log, time);
        var successor = new Successor(Environment.GetCommandLineArgs()[1..]);
        using var upgrade = PosixSignalRegistration.Create(Upgrade, context => Succeed(context, successor, log));
        using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Reload(context, arguments.Routes, node, log));
        await node.SwapStaticAsync(file.Routes, stop.Token);
        await node.RunAsync(stop.Token);
        return ExitCode.Done;
    }

    /// <summary>SIGUSR2: the program on the disk takes over.</summary>
    private static void Succeed(PosixSignalContext context, Successor successor, GatewayLog log)
    {
        context.Cancel = true;
        try
        {
            log.Information("upgrading", "Another process was started to take over.", ("process", $"{successor.Start()}"));
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            log.Error("upgrade-failed", "No process could be started to take over; this one goes on.", ("reason", failure.Message));
        }
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    /// <summary>A file that is not in order changes nothing.</summary>
    private static void Reload(PosixSignalContext context, string? path, GatewayNode node, GatewayLog log)
    {
        context.Cancel = true;
        if (path is null)
        {
            return;
        }

        try
        {
            var (file, problems) = RouteFile.Load(path);
            if (file is null)
            {
                log.Error("routes-refused", "The file of routes is not in order; the routes stay as they were.", ("problems", string.Join("; ", problems)));
                return;
            }

            node.SwapStaticAsync(file.Routes, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.Error("routes-unreadable", "The file of routes cannot be read; the routes stay as they were.", ("reason", failure.Message));
        }
    }
}
