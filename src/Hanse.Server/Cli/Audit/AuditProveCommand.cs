using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

/// <summary>Writes a file that shows one entry to somebody who trusts nothing but the federation's roots.</summary>
internal static class AuditProveCommand
{
    public static Command Build(CliContext cli)
    {
        var entry = new Argument<long>("ENTRY") { Description = "Number of the entry." };
        var file = new Option<string?>("--file") { Description = "Where to write the proof. Default: standard output.", HelpName = "FILE" };
        var command = new CliCommand("prove",
            "Writes a proof of one entry that is complete in itself: `hanse audit verify --proof FILE` checks it anywhere, with the roots' certificates alone.",
            "hanse audit prove 4711 --file entry-4711.json", "hanse audit prove 4711 > entry-4711.json") { entry, file };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var proof = await api.GetAsync($"/audit/{parsed.GetValue(entry)}/proof", cancellation);
            if (parsed.GetValue(file) is not { } path)
            {
                CliOutput.Json(cli, proof);
                return ExitCodes.Ok;
            }

            await OutputFile.WriteAsync(path, stream => stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(proof.ToJsonString()), cancellation).AsTask());
            await cli.Error.WriteLineAsync($"The proof of entry {parsed.GetValue(entry)} is in {path}. Check it: hanse audit verify --proof {path}");
            return ExitCodes.Ok;
        });
        return command;
    }
}
