using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;
using Hanse.Server.Configuration;
using Hanse.Storage;
using Hanse.Storage.Backups;
using Hanse.Storage.Instances;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hanse.Server.Cli.Backups;

/// <summary>Restores a backup into a PostgreSQL of its own that is thrown away, with every check of a real restore, and tells the coordinator that it is sound.</summary>
internal static class BackupVerifyCommand
{
    public static Command Build(CliContext cli)
    {
        var file = new Argument<string>("FILE") { Description = "The backup." };
        var scratch = new Option<string?>("--scratch") { Description = "Folder with room for the restored database; it is made and removed.", HelpName = "DIR" };
        var flags = new BackupFlags();
        var command = new CliCommand("verify",
            "Restores a backup into a database that is thrown away, checks all of it, and reports it to the coordinator: sites then need no longer keep what it covers.",
            "hanse backup verify /backup/hq-1.hanse", "hanse backup verify /backup/hq-1.hanse --passphrase-file /root/passphrase --scratch /var/lib/scratch") { file, scratch };
        flags.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = parsed.GetRequiredValue(file);
            var header = await BackupFlags.LookAsync(path, cancellation);
            var options = flags.Options(parsed, cli, header.Role);
            var passphrase = flags.Passphrase(parsed, cli, twice: false);
            var tried = await TryAsync(path, passphrase, parsed.GetValue(scratch) ?? DefaultScratch(), options, cli, cancellation);
            var reported = header.Role == DatabaseRoles.Coordinator ? await ReportAsync(parsed, cli, flags, tried, cancellation) : "";
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, new JsonObject
                {
                    ["ok"] = true, ["id"] = header.Id, ["of"] = header.Name, ["createdAt"] = header.CreatedAt.ToString("o"), ["tables"] = tried.Tables,
                    ["files"] = new JsonArray([.. tried.Files.Select(f => (JsonNode)f)]), ["digest"] = tried.Digest, ["reported"] = reported is null,
                });
            }
            else
            {
                await cli.Out.WriteLineAsync(
                    $"Backup {header.Id} of {Field.Clean(header.Name)}, {header.CreatedAt:u}, can be restored: {tried.Tables} tables, keys {string.Join(", ", tried.Files)}.");
            }

            if (reported is { Length: > 0 })
            {
                await cli.Error.WriteLineAsync($"It was not reported to the coordinator ({reported}), so sites go on keeping what it covers.");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<RestoredBackup> TryAsync(string path, string passphrase, string scratch, HanseOptions options, CliContext cli, CancellationToken cancellation)
    {
        var role = BackupFlags.Role(options);
        var instance = new PostgresInstanceOptions
        {
            Folder = Path.Combine(scratch, "postgres"), Roles = [role.Role],
            Settings = new Dictionary<string, string> { ["fsync"] = "off", ["full_page_writes"] = "off", ["synchronous_commit"] = "off" },
        };
        try
        {
            await using var postgres = await PostgresInstance.StartAsync(instance, TimeProvider.System, NullLogger.Instance, cancellation);
            await using var source = BackupFlags.Open(path);
            using var bar = new ProgressBar(cli, "verify");
            await using var counted = new ProgressStream(source, source.Length, bar);
            return await new BackupRestore(postgres.Open(role.Role), role, TimeProvider.System).RunAsync(counted, passphrase, replace: false, place: false, cancellation);
        }
        catch (BackupException refused)
        {
            throw BackupFlags.Tell(refused);
        }
        catch (Exception refused) when (refused is StorageRefusedException or Npgsql.NpgsqlException or IOException)
        {
            throw new CliException(ExitCodes.Failed, $"the backup could not be tried: {refused.Message}", "Name another folder with --scratch, or do this on a server's machine.");
        }
        finally
        {
            if (Directory.Exists(scratch))
            {
                Directory.Delete(scratch, recursive: true);
            }
        }
    }

    /// <summary>Null when it was reported, otherwise why not.</summary>
    private static async Task<string?> ReportAsync(ParseResult parsed, CliContext cli, BackupFlags flags, RestoredBackup tried, CancellationToken cancellation)
    {
        try
        {
            var socket = BackupFlags.SocketPath(flags.Options(parsed, cli, DatabaseRoles.Coordinator));
            using var api = parsed.GetValue(GlobalOptions.Address) is null && File.Exists(socket)
                ? new ApiClient(ApiTransport.OverSocket(socket), $"unix:{socket}", cli.Clock)
                : ApiSession.Open(parsed, cli);
            await api.SendAsync(HttpMethod.Post, $"/backups/{tried.Header.Id}/verified", new JsonObject { ["digest"] = tried.Digest }, cancellation);
            return null;
        }
        catch (CliException unreachable)
        {
            return unreachable.Message;
        }
    }

    /// <summary>As root PostgreSQL runs as another account, which cannot enter a private folder (S1).</summary>
    private static string DefaultScratch() => Path.Combine(
        Environment.IsPrivilegedProcess ? "/var/lib/hanse" : Path.GetTempPath(), $"backup-{Path.GetRandomFileName()}");
}
