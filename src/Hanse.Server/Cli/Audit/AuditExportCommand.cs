using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

internal static class AuditExportCommand
{
    public static Command Build(CliContext cli)
    {
        var format = new Option<string>("--format") { Description = "jsonl (which can be checked offline) or csv.", DefaultValueFactory = _ => "jsonl", HelpName = "jsonl|csv" };
        var file = new Option<string?>("--file") { Description = "Where to write it. Default: standard output.", HelpName = "FILE" };
        var filters = new AuditFilters();
        var command = new CliCommand("export",
            "Writes the audit log with its signed checkpoints, so that it can be checked without any server: hanse audit verify --export FILE.",
            "hanse audit export --file audit.jsonl", "hanse audit export --format csv --site north --since 720h > north.csv") { format, file };
        filters.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var query = await filters.QueryAsync(parsed, cli, api, cancellation);
            var path = $"/audit/export{query}{(query.Length > 0 ? '&' : '?')}format={Uri.EscapeDataString(parsed.GetValue(format)!)}";
            using var answer = await api.RawAsync(HttpMethod.Get, path, null, null, cancellation);
            await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
            if (parsed.GetValue(file) is { } target)
            {
                using (var bar = new ProgressBar(cli, "export"))
                {
                    await using var counted = new ProgressStream(body, answer.Content.Headers.ContentLength, bar);
                    await OutputFile.WriteAsync(target, stream => counted.CopyToAsync(stream, cancellation));
                }

                await cli.Error.WriteLineAsync($"The log is in {target}.");
                return ExitCodes.Ok;
            }

            using var reader = new StreamReader(body);
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                await cli.Out.WriteLineAsync(line);
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
