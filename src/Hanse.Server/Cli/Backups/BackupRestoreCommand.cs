using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Hanse.Protocol.Errors;
using Hanse.Server.Cli.Output;
using Hanse.Server.Configuration;
using Hanse.Server.Hosting;
using Hanse.Storage;
using Hanse.Storage.Backups;

namespace Hanse.Server.Cli.Backups;

internal static class BackupRestoreCommand
{
    public static Command Build(CliContext cli)
    {
        var file = new Argument<string>("FILE") { Description = "The backup." };
        var replace = new Option<bool>("--replace") { Description = "Put it in place of data of the same node." };
        var flags = new BackupFlags();
        var command = new CliCommand("restore",
            "Puts a backup into a data folder whose server does not run; all of it or nothing. The server that starts on it knows that it was restored.",
            "hanse backup restore /backup/hq-1.hanse --data-dir /var/lib/hanse", "hanse backup restore /backup/hq-1.hanse --config /etc/hanse/hanse.yaml --replace") { file, replace };
        flags.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            var header = await BackupFlags.LookAsync(path, cancellation);
            var options = flags.Options(parsed, cli, header.Role);
            if (await AnswersAsync(BackupFlags.SocketPath(options), cancellation))
            {
                throw new CliException(ExitCodes.Conflict, $"the server in {options.DataDir} is running, and nothing is restored under it.", "Stop it first.", "server-running");
            }

            var passphrase = flags.Passphrase(parsed, cli, twice: false);
            var restored = await RestoreAsync(path, passphrase, parsed.GetValue(replace), options, cli, cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, new JsonObject
                {
                    ["id"] = restored.Header.Id, ["of"] = restored.Header.Name, ["createdAt"] = restored.Header.CreatedAt.ToString("o"), ["tables"] = restored.Tables,
                });
            }
            else
            {
                await cli.Out.WriteLineAsync($"{Field.Clean(restored.Header.Name)} is as it was at {restored.Header.CreatedAt:u}, in {options.DataDir}.");
                await cli.Error.WriteLineAsync(restored.Header.Role == DatabaseRoles.Coordinator
                    ? "Start it, then: hanse recovery show. It accepts no work until hanse recovery finish."
                    : "Start it. What its coordinator holds comes back by itself.");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<RestoredBackup> RestoreAsync(string path, string passphrase, bool replace, HanseOptions options, CliContext cli, CancellationToken cancellation)
    {
        var role = BackupFlags.Role(options);
        using var logging = ServerLogging.Create(options);
        try
        {
            Directory.CreateDirectory(options.DataDir);
            await using var postgres = await ServerHost.OpenPostgresAsync(options, logging, cancellation);
            await using var source = BackupFlags.Open(path);
            using var bar = new ProgressBar(cli, "restore");
            await using var counted = new ProgressStream(source, source.Length, bar);
            return await new BackupRestore(postgres.Open(role.Role), role, TimeProvider.System).RunAsync(counted, passphrase, replace, place: true, cancellation);
        }
        catch (BackupException refused)
        {
            throw BackupFlags.Tell(refused);
        }
        catch (StorageRefusedException refused)
        {
            throw new CliException(
                refused.Code == StorageErrorCodes.DataFolderInUse ? ExitCodes.Conflict : ExitCodes.Failed, $"{refused.Message} Nothing was restored.", null, refused.Code);
        }
        catch (Npgsql.NpgsqlException gone)
        {
            throw new CliException(
                ExitCodes.ServerError, $"the database went away while the backup was restored: {gone.Message}",
                "Either all of it was restored or nothing. Give the same command again.", ErrorCodes.DatabaseUnavailable);
        }
        catch (IOException refused)
        {
            throw new CliException(
                ExitCodes.ServerError, $"the disk refused while the backup was restored: {refused.Message}",
                "Either all of it was restored or nothing. Free some space, then give the same command again.", ErrorCodes.DiskFull);
        }
    }

    private static async Task<bool> AnswersAsync(string path, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
