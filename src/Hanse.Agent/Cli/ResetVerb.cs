using Hanse.Agent.Data;

namespace Hanse.Agent.Cli;

/// <summary><c>hanse-agent reset</c>: forgets identity, keys and journal, so that the next join makes a new host (J5).</summary>
internal static class ResetVerb
{
    internal static async Task<int> RunAsync(AgentArguments arguments, Terminal terminal, CancellationToken cancellation)
    {
        var folder = new AgentFolder(arguments.Data);
        using var held = FolderLock.TryTake(folder, out var holder);
        if (held is null)
        {
            return terminal.Fail(ExitCode.InUse, $"{folder.Root} is in use by process {holder}. Stop that agent first.");
        }

        if (!arguments.Yes)
        {
            if (!terminal.IsInteractive)
            {
                return terminal.Fail(ExitCode.Usage, "reset forgets this host's identity for good. Confirm with --yes.");
            }

            await terminal.Error.WriteAsync($"Forget the identity in {folder.Root} for good? Type yes: ");
            if (await terminal.In.ReadLineAsync(cancellation) != "yes")
            {
                return terminal.Fail(ExitCode.Failed, "Nothing was changed.");
            }
        }

        folder.Erase();
        await terminal.Out.WriteLineAsync($"{folder.Root} belongs to no site any more. The next join makes a new host.");
        return ExitCode.Done;
    }
}
