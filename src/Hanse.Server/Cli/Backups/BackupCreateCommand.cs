using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Backups;

internal static class BackupCreateCommand
{
    public static Command Build(CliContext cli)
    {
        var file = new Argument<string>("FILE") { Description = "Where to write the backup." };
        var keys = new Option<bool>("--keys-only") { Description = "Only what nobody else has: the federation's or the site's keys." };
        var flags = new BackupFlags();
        var command = new CliCommand("create",
            "Writes a sealed backup of the server that runs on this machine, database and keys, of one moment, while it goes on working. Asks for a passphrase.",
            "hanse backup create /backup/hq-1.hanse --data-dir /var/lib/hanse", "hanse backup create /backup/keys.hanse --keys-only --passphrase-file /root/passphrase",
            "hanse backup create /backup/north.hanse --address unix:/var/lib/hanse-north/site.sock") { file, keys };
        flags.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var passphrase = flags.Passphrase(parsed, cli, twice: true);
            using var api = flags.Socket(parsed, cli);
            var target = parsed.GetRequiredValue(file);
            var order = new JsonObject { ["passphrase"] = passphrase, ["keysOnly"] = parsed.GetValue(keys) };
            using var answer = await api.RawAsync(HttpMethod.Post, "/backups", order, null, cancellation);
            using var bar = new ProgressBar(cli, "backup");
            await using var body = new ProgressStream(await answer.Content.ReadAsStreamAsync(cancellation), answer.Content.Headers.ContentLength, bar);
            try
            {
                await OutputFile.WriteAsync(target, stream => body.CopyToAsync(stream, cancellation));
            }
            catch (HttpRequestException broken)
            {
                throw new CliException(ExitCodes.ServerError, $"the server broke off: {broken.Message}", "Its log has the reason. No backup was written.");
            }

            bar.Hide();
            var header = await BackupFlags.LookAsync(target, cancellation);
            var length = new FileInfo(target).Length;
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, new JsonObject { ["id"] = header.Id, ["of"] = header.Name, ["createdAt"] = header.CreatedAt.ToString("o"), ["bytes"] = length, ["keysOnly"] = header.KeysOnly });
            }
            else
            {
                await cli.Out.WriteLineAsync($"Backup {header.Id} of {Field.Clean(header.Name)}, {header.CreatedAt:u}: {length} bytes in {target}.");
                await cli.Error.WriteLineAsync($"It counts once it was tried: hanse backup verify {target}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
