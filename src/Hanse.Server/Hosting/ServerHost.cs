using System.Net.Sockets;
using Hanse.Server.Cli;
using Hanse.Server.Configuration;
using Hanse.Server.Telemetry;
using Hanse.Storage;
using Hanse.Storage.Instances;
using Hanse.Storage.Migrations;
using Npgsql;

namespace Hanse.Server.Hosting;

/// <summary>One server process, whole: (1) TLS as links want it, and PostgreSQL, (2) each role's database, (3) each role, (4) a federation of one joins itself,
/// (5) run until told to stop or until a role fails, giving back memory when it is quiet, (6) stop what was started, newest first.</summary>
internal sealed partial class ServerHost : IServerHost
{
    public async Task<int> RunAsync(HanseOptions options, CancellationToken stop)
    {
        try
        {
            return await RunRolesAsync(options, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }
        catch (Exception refused) when (refused is StorageRefusedException or InvalidDataException or IOException or SocketException)
        {
            throw new CliException(ExitCodes.Failed, refused.Message, "Nothing keeps running; start again once that is mended.");
        }
        catch (NpgsqlException away) // while it starts: later each part waits for its database
        {
            throw new CliException(ExitCodes.Failed, $"PostgreSQL was not there while the server started: {away.Message}", "Nothing is lost; start again once it runs. A service manager does by itself (Restart=on-failure).");
        }
    }

    private static async Task<int> RunRolesAsync(HanseOptions options, CancellationToken stop)
    {
        Directory.CreateDirectory(options.DataDir);
        using var logging = ServerLogging.Create(options);
        using var telemetry = ServerTelemetry.Start(options);
        // 1
        if (SessionTickets.Stop() is { } why)
        {
            LogTickets(logging.CreateLogger<ServerHost>(), why);
        }

        if (TlsBuffers.ReleaseWhenEmpty() is { } kept)
        {
            LogBuffers(logging.CreateLogger<ServerHost>(), kept);
        }

        await using var postgres = await OpenPostgresAsync(options, logging, stop);
        await using var roles = new RunningRoles();
        foreach (var role in options.Roles)
        {
            // 2
            var database = postgres.Open(role == ServerRole.Coordinator ? DatabaseRoles.Coordinator : DatabaseRoles.Site);
            var migrations = role == ServerRole.Coordinator ? Coordinator.CoordinatorModule.Migrations : Site.SiteModule.Migrations;
            await new Migrator(database, TimeProvider.System).ApplyAsync(migrations, stop);

            // 3
            await roles.StartAsync(role == ServerRole.Coordinator
                ? CoordinatorRole.Build(options, database, logging)
                : SiteRole.Build(options, database, logging), stop);
        }

        // 4
        await SelfFederation.EnsureAsync(options, roles, stop);

        // 5
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var trimming = new MemoryTrimDriver(TimeProvider.System).RunAsync(ending.Token);
        try
        {
            return await roles.WaitAsync(stop);
        }
        finally
        {
            await ending.CancelAsync();
            await trimming.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    internal static async Task<PostgresServer> OpenPostgresAsync(HanseOptions options, ILoggerFactory logging, CancellationToken stop)
    {
        if (options.Postgres.ConnectionString is { } connectionString)
        {
            return new ExternalPostgres(connectionString);
        }

        var instance = new PostgresInstanceOptions
        {
            Folder = Path.Combine(options.DataDir, "postgres"),
            Roles = [.. options.Roles.Select(r => r == ServerRole.Coordinator ? DatabaseRoles.Coordinator : DatabaseRoles.Site)],
        };
        return await PostgresInstance.StartAsync(instance, TimeProvider.System, logging.CreateLogger("Hanse.Storage"), stop);
    }

    [LoggerMessage(1, LogLevel.Warning, "TLS 1.3 session tickets, which no node uses, are still made, and make each link dearer: {Why}")]
    private static partial void LogTickets(ILogger logger, string why);

    [LoggerMessage(2, LogLevel.Warning, "An idle TLS connection keeps its empty buffers, 32 KiB: {Why}")]
    private static partial void LogBuffers(ILogger logger, string why);
}
