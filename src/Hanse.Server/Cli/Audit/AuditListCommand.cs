using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

internal static class AuditListCommand
{
    public static Command Build(CliContext cli)
    {
        var limit = new Option<int>("--limit") { Description = "Most entries to print.", DefaultValueFactory = _ => 50, HelpName = "N" };
        var filters = new AuditFilters();
        var command = new CliCommand("list", "Lists the audit log, newest first.", "hanse audit list", "hanse audit list --limit 1000 -o json",
            "hanse audit list --site north --operation command --since 24h", "hanse audit list --host web-01 --actor alice") { limit };
        filters.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var query = await filters.QueryAsync(parsed, cli, api, cancellation);
            var entries = await api.ListAsync("/audit" + query, parsed.GetValue(limit), cancellation);
            CliOutput.List(parsed, cli, entries, ("no", e => e.Text("seq")), ("time", e => e.Instant("time")), ("who", e => e.Text("actor")),
                ("from", e => e.Text("sourceAddress")), ("operation", e => e.Text("operation")), ("outcome", e => e.Text("outcome")),
                ("why", e => e.Text("reason")));
            return ExitCodes.Ok;
        });
        return command;
    }
}
