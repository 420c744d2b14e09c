using Hanse.Gateway.Control;

namespace Hanse.Gateway.Cli;

/// <summary><c>hanse-gateway reset</c>: forgets identity, keys and routes. What runs goes on until it is stopped.</summary>
internal static class ResetVerb
{
    internal static async Task<int> RunAsync(GatewayArguments arguments, Terminal terminal, CancellationToken cancellation)
    {
        var folder = new GatewayFolder(arguments.Data);
        if (!arguments.Yes)
        {
            if (!terminal.IsInteractive)
            {
                return terminal.Fail(ExitCode.Usage, "this cannot be undone, and nobody is there to ask. Say --yes.");
            }

            await terminal.Error.WriteAsync($"Forget the identity in {folder.Root} for good? [y/N] ");
            if (await terminal.In.ReadLineAsync(cancellation) is not ("y" or "Y" or "yes"))
            {
                return terminal.Fail(ExitCode.Failed, "nothing was done.");
            }
        }

        folder.Erase();
        await terminal.Out.WriteLineAsync($"{folder.Root} holds no identity any more. At the coordinator: hanse gateway remove NAME");
        return ExitCode.Done;
    }
}
