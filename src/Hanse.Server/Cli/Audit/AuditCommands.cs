using System.CommandLine;

namespace Hanse.Server.Cli.Audit;

internal static class AuditCommands
{
    public static Command Build(CliContext cli) => new("audit", "Reads and proves the audit log.") { AuditListCommand.Build(cli), AuditVerifyCommand.Build(cli) };
}
