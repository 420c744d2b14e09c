namespace Hanse.Gateway.Cli;

/// <summary>From the command line to a verb and its exit code.</summary>
internal static class GatewayProgram
{
    internal static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, TimeProvider time)
    {
        var (arguments, error) = GatewayArguments.Parse(args);
        if (arguments is null)
        {
            return terminal.Fail(ExitCode.Usage, $"{error} See hanse-gateway --help.");
        }

        if (arguments.Help || arguments.Words is [] or ["help"])
        {
            var asked = arguments.Help || arguments.Words.Count > 0;
            await (asked ? terminal.Out : terminal.Error).WriteLineAsync(HelpText.All);
            return asked ? ExitCode.Done : ExitCode.Usage;
        }

        try
        {
            return arguments.Words switch
            {
                ["join"] => await JoinVerb.RunAsync(arguments, terminal, time, CancellationToken.None),
                ["status"] => StatusVerb.Run(arguments, terminal),
                ["reset"] => await ResetVerb.RunAsync(arguments, terminal, CancellationToken.None),
                ["run"] => await RunVerb.RunAsync(arguments, terminal, time),
                ["routes", "check", var file] => RoutesCheckVerb.Run(file, terminal),
                _ => terminal.Fail(ExitCode.Usage, $"There is no verb '{string.Join(' ', arguments.Words)}'. See hanse-gateway --help."),
            };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or System.Security.Cryptography.CryptographicException)
        {
            return terminal.Fail(ExitCode.Failed, failure.Message);
        }
    }
}
