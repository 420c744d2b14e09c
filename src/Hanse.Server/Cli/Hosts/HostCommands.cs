using System.CommandLine;

namespace Hanse.Server.Cli.Hosts;

internal static class HostCommands
{
    public static Command Build(CliContext cli) => new("host", "Searches, shows, refreshes, removes and bans hosts.")
    {
        HostSearchCommand.Build(cli), HostShowCommand.Build(cli), HostRemoveCommand.Build(cli), HostBanCommand.Build(cli),
        HostMetricsCommand.Build(cli), HostConflictsCommand.Build(cli), HostClonesCommand.Build(cli), HostRefreshCommand.Build(cli),
    };
}
