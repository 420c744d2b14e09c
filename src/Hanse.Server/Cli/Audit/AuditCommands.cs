using System.CommandLine;

namespace Hanse.Server.Cli.Audit;

internal static class AuditCommands
{
    public static Command Build(CliContext cli) => new("audit", "Reads, proves, exports and checks the audit log.")
    {
        AuditListCommand.Build(cli), AuditVerifyCommand.Build(cli), AuditProveCommand.Build(cli), AuditExportCommand.Build(cli),
        AuditCheckpointsCommand.Build(cli), AuditWitnessesCommand.Build(cli), AuditRecoverCommand.Build(cli),
    };
}
