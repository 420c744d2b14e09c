using System.Security.Cryptography;

namespace Hanse.Agent.Cli;

/// <summary>From the command line to a verb and its exit code.</summary>
internal static class AgentProgram
{
    internal static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, TimeProvider time)
    {
        var (arguments, error) = AgentArguments.Parse(args);
        if (arguments is null)
        {
            return terminal.Fail(ExitCode.Usage, $"{error} See hanse-agent --help.");
        }

        if (arguments.Help || arguments.Verb is "help" or "")
        {
            await (arguments.Help || arguments.Verb == "help" ? terminal.Out : terminal.Error).WriteLineAsync(HelpText.All);
            return arguments.Help || arguments.Verb == "help" ? ExitCode.Done : ExitCode.Usage;
        }

        try
        {
            return arguments.Verb switch
            {
                "join" => await JoinVerb.RunAsync(arguments, terminal, time, CancellationToken.None),
                "run" => await RunVerb.RunAsync(arguments, terminal, time),
                "status" => StatusVerb.Run(arguments, terminal),
                "reset" => await ResetVerb.RunAsync(arguments, terminal, CancellationToken.None),
                _ => terminal.Fail(ExitCode.Usage, $"There is no verb '{arguments.Verb}'. See hanse-agent --help."),
            };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or CryptographicException)
        {
            return terminal.Fail(ExitCode.Failed, failure.Message);
        }
    }
}
