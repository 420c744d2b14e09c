using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Servers;
using Hanse.Server.Configuration;
using Hanse.Server.Hosting;
using Hanse.Storage.Backups;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hanse.Server.Cli.Backups;

/// <summary>Which role's backup, and its passphrase, which never is an argument.</summary>
internal sealed class BackupFlags
{
    private readonly Option<string?> _role = new("--role") { Description = "coordinator or site, where the configuration names both or none.", HelpName = "ROLE" };
    private readonly Option<string?> _passphrase = new("--passphrase-file")
    {
        Description = "File whose first line is the passphrase. Default: it is asked for, or read from standard input.", HelpName = "FILE",
    };

    private readonly ServerFlags _server = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_role);
        command.Options.Add(_passphrase);
        _server.AddTo(command);
    }

    public string Passphrase(ParseResult parsed, CliContext cli, bool twice)
    {
        string text;
        try
        {
            text = parsed.GetValue(_passphrase) is { } file ? File.ReadLines(file).FirstOrDefault("") : cli.ReadSecret("Passphrase of the backup: ");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"the passphrase file cannot be read: {unreadable.Message}");
        }

        if (twice && cli.IsInteractive && parsed.GetValue(_passphrase) is null && cli.ReadSecret("The same again: ") != text)
        {
            throw new CliException(ExitCodes.Usage, "the two passphrases differ.", "Nothing was done; try again.");
        }

        return text.Length > 0 ? text : throw new CliException(ExitCodes.Usage, "no passphrase was given.",
            "Type it, pipe it in, or name a file with --passphrase-file. Without it the backup is of no use: keep it where the backup is not.");
    }

    /// <summary>The running server's socket.</summary>
    public ApiClient Socket(ParseResult parsed, CliContext cli)
    {
        var address = parsed.GetValue(GlobalOptions.Address) ?? $"unix:{SocketPath(Options(parsed, cli))}";
        return ApiAddress.Parse(address).SocketPath is { } socket
            ? new ApiClient(ApiTransport.OverSocket(socket), address, cli.Clock)
            : throw new CliException(ExitCodes.Usage, "a backup is made through the server's own socket only, since it holds its keys.",
                "Run this on its machine, with --data-dir or --address unix:/path/to/coordinator.sock.");
    }

    /// <summary>The configuration with the one role in question.</summary>
    public HanseOptions Options(ParseResult parsed, CliContext cli, string? role = null)
    {
        var options = _server.LoadOrFail(parsed, cli);
        var named = parsed.GetValue(_role) ?? role;
        var roles = named switch
        {
            "coordinator" => [ServerRole.Coordinator],
            "site" => [ServerRole.Site],
            null when options.Roles.Count == 1 => options.Roles,
            null => Enum.GetValues<ServerRole>().Where(r => File.Exists(SocketPath(options with { Roles = [r] }))).ToList(),
            _ => [],
        };
        return roles.Count == 1 ? options with { Roles = roles } : throw new CliException(ExitCodes.Usage, "it is not clear which role is meant.", "Say --role coordinator or --role site.");
    }

    public static string SocketPath(HanseOptions options) =>
        Path.Combine(options.DataDir, options.Roles[0] == ServerRole.Coordinator ? CoordinatorRole.Socket : SiteRole.Socket);

    public static IBackupRole Role(HanseOptions options) => options.Roles[0] == ServerRole.Coordinator
        ? Hanse.Coordinator.CoordinatorModule.Backup(CoordinatorRole.Options(options, NullLoggerFactory.Instance))
        : Hanse.Site.SiteModule.Backup(SiteRole.Options(options, NullLoggerFactory.Instance));

    public static FileStream Open(string file)
    {
        try
        {
            return File.OpenRead(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"the backup {file} cannot be read: {unreadable.Message}");
        }
    }

    /// <summary>The open part of a backup: what it is of.</summary>
    public static async Task<BackupHeader> LookAsync(string file, CancellationToken cancellation)
    {
        try
        {
            await using var source = Open(file);
            return (await BackupHeader.ReadAsync(source, cancellation)).Header;
        }
        catch (BackupException refused)
        {
            throw Tell(refused);
        }
    }

    public static CliException Tell(BackupException refused) => new(
        refused.Code is BackupErrorCodes.OtherIdentity or BackupErrorCodes.OtherRole or BackupErrorCodes.Occupied ? ExitCodes.Conflict
            : refused.Code == BackupErrorCodes.WrongPassphrase ? ExitCodes.Denied : ExitCodes.Failed,
        $"{refused.Message} [{refused.Code}]", null, refused.Code);
}
