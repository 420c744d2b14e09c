using System.CommandLine;

namespace Hanse.Server.Cli.Backups;

internal static class BackupCommands
{
    public static Command Build(CliContext cli) => new("backup", "Makes, checks and restores sealed backups of a coordinator or a site.")
    {
        BackupCreateCommand.Build(cli), BackupVerifyCommand.Build(cli), BackupRestoreCommand.Build(cli), BackupListCommand.Build(cli),
    };
}
