using System.CommandLine;
using Hanse.Server.Configuration;

namespace Hanse.Server.Cli.Servers;

/// <summary>The verbs that run a server in the foreground until a signal stops them.</summary>
internal static class ServeCommands
{
    public static Command Coordinator(CliContext cli) => Of(cli, ServerRole.Coordinator, new CliCommand("coordinator",
        "Runs the coordinator: the site registry, the host directory, commands and the audit log. Prints the administrator's password at its first start.",
        "hanse coordinator --data-dir /var/lib/hanse --set externalNames=hanse.example.org",
        "hanse coordinator --config /etc/hanse/hanse.yaml"));

    public static Command Serve(CliContext cli) => Of(cli, null, new CliCommand("serve",
        "Runs the roles that the configuration names under `roles`.",
        "hanse serve --config /etc/hanse/hanse.yaml",
        "hanse serve --set roles=coordinator,site"));

    /// <summary>Makes <paramref name="command"/> run a server; <c>hanse site</c> is a server, too, when no verb follows it.</summary>
    public static Command Of(CliContext cli, ServerRole? role, Command command)
    {
        var flags = new ServerFlags();
        flags.AddTo(command);
        command.SetAction((parsed, stop) =>
        {
            var options = flags.LoadOrFail(parsed, cli);
            options = role is { } only ? options with { Roles = [only] } : options;
            return options.Roles.Count == 0
                ? throw new CliException(ExitCodes.Usage, "the configuration names no role, so there is nothing to run.",
                    "Set roles: [coordinator], [site] or both, or use `hanse coordinator` or `hanse site`.")
                : cli.Server.RunAsync(options, stop);
        });
        return command;
    }
}
