using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Hanse.Server.Cli.Agents;
using Hanse.Server.Cli.Audit;
using Hanse.Server.Cli.Backups;
using Hanse.Server.Cli.Commands;
using Hanse.Server.Cli.Configuration;
using Hanse.Server.Cli.Federation;
using Hanse.Server.Cli.Gateways;
using Hanse.Server.Cli.Hosts;
using Hanse.Server.Cli.Outbox;
using Hanse.Server.Cli.Rollups;
using Hanse.Server.Cli.Recovery;
using Hanse.Server.Cli.Runs;
using Hanse.Server.Cli.Servers;
using Hanse.Server.Cli.Sites;
using Hanse.Server.Cli.Tokens;
using Hanse.Server.Cli.Trust;
using Hanse.Server.Cli.Users;

namespace Hanse.Server.Cli;

/// <summary>The command line of <c>hanse</c>: every verb, and the one place where a verb's failure becomes a text and an exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, CliContext cli)
    {
        var parsed = Build(cli).Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            return TellUsage(parsed, cli);
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = cli.Out, Error = cli.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
            };
            return await parsed.InvokeAsync(configuration);
        }
        catch (CliException failure)
        {
            await cli.Error.WriteLineAsync($"hanse: {failure.Message}");
            if (failure.Next is { } next)
            {
                await cli.Error.WriteLineAsync(next);
            }

            return failure.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
    }

    public static RootCommand Build(CliContext cli)
    {
        var root = new RootCommand("Runs and steers a fleet that is spread over many sites. Servers: coordinator, site, serve. The rest asks a server.");
        root.Options.Add(GlobalOptions.Address);
        root.Options.Add(GlobalOptions.Profile);
        root.Options.Add(GlobalOptions.Output);
        foreach (var verb in Verbs(cli))
        {
            root.Subcommands.Add(verb);
        }

        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExamplesHelpAction((HelpAction)help.Action!);
        return root;
    }

    private static IEnumerable<Command> Verbs(CliContext cli) =>
    [
        ServeCommands.Coordinator(cli),
        SiteCommands.Build(cli),
        GatewayCommands.Build(cli),
        ServeCommands.Serve(cli),
        LoginCommand.Build(cli),
        LogoutCommand.Build(cli),
        StatusCommand.Build(cli),
        HostCommands.Build(cli),
        OutboxCommands.Build(cli),
        RunCommand.Build(cli),
        CommandCommands.Build(cli),
        AgentCommands.Build(cli),
        RollupCommands.Build(cli),
        AuditCommands.Build(cli),
        BackupCommands.Build(cli),
        RecoveryCommands.Build(cli),
        TrustCommands.Build(cli),
        UserCommands.Build(cli),
        TokenCommands.Build(cli),
        ConfigCommands.Build(cli),
        CompletionCommand.Build(cli),
    ];

    private static int TellUsage(ParseResult parsed, CliContext cli)
    {
        foreach (var error in parsed.Errors)
        {
            cli.Error.WriteLine($"hanse: {error.Message}");
        }

        var path = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand } result; at = at.Parent)
        {
            path.Insert(0, result.Command.Name);
        }

        cli.Error.WriteLine($"See: hanse {string.Join(' ', [.. path, "--help"])}");
        return ExitCodes.Usage;
    }
}
