using System.CommandLine;

namespace Hanse.Server.Cli.Rollups;

internal static class RollupCommands
{
    public static Command Build(CliContext cli) => new("rollup", "What the sites count: hosts by status, system and version, updates, certificates, outboxes.")
    {
        RollupListCommand.Build(cli), RollupShowCommand.Build(cli),
    };
}
