using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

internal static class AuditVerifyCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("verify", "Computes every hash of the audit log anew. Exits with 1 when an entry is not as it was written.",
            "hanse audit verify", "hanse audit verify -o json");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var found = await api.PostAsync("/audit/verify", null, cancellation);
            var ok = found.Text("ok") == "true";
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, found);
            }
            else if (ok)
            {
                await cli.Out.WriteLineAsync($"{found.Text("entries")} entries, each as it was written.");
            }
            else
            {
                var first = found.Text("firstBad") is { Length: > 0 } number ? $"; the first bad one is {number}" : "";
                await cli.Error.WriteLineAsync(
                    $"The audit log is NOT as it was written: {found.Text("entries")} entries{first}. {Field.Clean(found.Text("why"))}");
            }

            return ok ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }
}
