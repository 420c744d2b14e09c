using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Storage.Instances;

/// <summary>
/// A private PostgreSQL, started and owned by this process (S1). It is reached by Unix socket alone, with <c>peer</c> authentication,
/// and holds one database a role. It runs in a session of its own, so it outlives a <c>kill -9</c> of this process; the next start on
/// the same folder adopts it. Should it end by itself, it is started again. Disposing stops it.
/// </summary>
public sealed class PostgresInstance : PostgresServer
{
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWatchPeriod = TimeSpan.FromSeconds(30);

    private readonly PostgresInstanceOptions _options;
    private readonly PostgresCluster _cluster;
    private readonly DataFolderLock _lock;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private PostmasterFile _process;
    private Task _watch = Task.CompletedTask;

    private PostgresInstance(
        PostgresInstanceOptions options, PostgresCluster cluster, DataFolderLock folderLock, RunningPostgres running, TimeProvider time, ILogger logger)
    {
        (_options, _cluster, _lock, _time, _logger) = (options, cluster, folderLock, time, logger);
        (_process, Adopted) = running;
    }

    /// <summary>The postmaster's process id; changes when it had to be started again.</summary>
    public int ProcessId => _process.ProcessId;

    public string DataFolder => _cluster.DataFolder;

    public string SocketFolder => _process.SocketFolder;

    public string LogPath => _cluster.LogPath;

    /// <summary>Whether PostgreSQL was found running, left behind by a process that was killed.</summary>
    public bool Adopted { get; }

    /// <summary>The superuser's connection string, for maintenance by this process's account or root; the roles use <see cref="PostgresServer.Open"/>.</summary>
    public string AdminConnectionString => Connection(SocketFolder, PostgresConfiguration.Superuser, "postgres").ConnectionString;

    /// <summary>
    /// 1. locks the folder, 2. makes the data when there is none, 3. adopts a running PostgreSQL or starts one, 4. makes the databases.
    /// <paramref name="time"/> paces waiting for other processes: the system's, whatever clock the rest of a test runs on.
    /// </summary>
    /// <exception cref="StorageRefusedException">The folder is in use, unreachable or another's, or PostgreSQL is missing or fails.</exception>
    public static async Task<PostgresInstance> StartAsync(
        PostgresInstanceOptions options, TimeProvider time, ILogger logger, CancellationToken cancel = default)
    {
        var account = ServerAccount.Choose(options.Account);
        var cluster = new PostgresCluster(options, account, time);
        var folderLock = DataFolderLock.Take(Path.GetFullPath(options.Folder));
        try
        {
            await cluster.PrepareAsync(cancel);
            var running = await AdoptOrStartAsync(options, cluster, time, cancel);
            await ProvisionAsync(options, cluster, running, cancel);
            StorageLog.Running(logger, running.Process.ProcessId, running.Process.SocketFolder, running.Adopted);
            var instance = new PostgresInstance(options, cluster, folderLock, running, time, logger);
            instance._watch = instance.WatchAsync();
            return instance;
        }
        catch
        {
            folderLock.Dispose();
            throw;
        }
    }

    /// <summary>Stops PostgreSQL (fast: sessions are cut, what is committed stays) and gives the folder free.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await LeaveAsync();
        await _cluster.StopAsync();
        StorageLog.Stopped(_logger, ProcessId);
        _lock.Dispose();
    }

    protected override NpgsqlConnectionStringBuilder Describe(string role) => _options.Roles.Contains(role)
        ? Connection(SocketFolder, role, role)
        : throw new StorageRefusedException(
            StorageErrorCodes.DatabaseTaken, $"The private PostgreSQL has databases for {string.Join(", ", _options.Roles)}, not for {role}.");

    private static async Task<RunningPostgres> AdoptOrStartAsync(
        PostgresInstanceOptions options, PostgresCluster cluster, TimeProvider time, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (cluster.Running() is { } process)
        {
            if (process.IsReady && await AnswersAsync(process.SocketFolder, cancel))
            {
                return new RunningPostgres(process, Adopted: true);
            }

            // It may be recovering, or ending. One that claims to be ready and yet cannot be reached has lost its socket.
            if (time.GetElapsedTime(begun) > (process.IsReady ? TimeSpan.FromSeconds(5) : options.StartLimit))
            {
                await cluster.StopAsync();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancel);
        }

        await cluster.StartAsync(cancel);
        return new RunningPostgres(RequireRunning(cluster), Adopted: false);
    }

    private static async Task ProvisionAsync(
        PostgresInstanceOptions options, PostgresCluster cluster, RunningPostgres running, CancellationToken cancel)
    {
        try
        {
            var superuser = Connection(running.Process.SocketFolder, PostgresConfiguration.Superuser, "postgres");
            await new DatabaseProvisioner(superuser).EnsureAsync(options.Roles, cancel);
        }
        catch when (!running.Adopted)
        {
            // What this start began it ends; what it found running it leaves as found.
            await cluster.StopAsync();
            throw;
        }
    }

    private static PostmasterFile RequireRunning(PostgresCluster cluster) => cluster.Running() ?? throw new StorageRefusedException(
        StorageErrorCodes.PostgresFailed, $"The private PostgreSQL ended right after its start. Its log is {cluster.LogPath}.");

    private static async Task<bool> AnswersAsync(string socketFolder, CancellationToken cancel)
    {
        try
        {
            await using var connection = new NpgsqlConnection(
                Connection(socketFolder, PostgresConfiguration.Superuser, "postgres").ConnectionString + ";Pooling=false;Timeout=2");
            await connection.OpenAsync(cancel);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static NpgsqlConnectionStringBuilder Connection(string socketFolder, string user, string database) => new()
    {
        Host = socketFolder,
        Port = PostgresConfiguration.Port,
        Username = user,
        Database = database,
        ApplicationName = $"hanse-{database}",
        MaxPoolSize = 50,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    };

    private async Task LeaveAsync()
    {
        await _stopping.CancelAsync();
        await _watch;
        await base.DisposeAsync();
    }

    /// <summary>Starts PostgreSQL again should it end by itself, less and less often while that fails.</summary>
    private async Task WatchAsync()
    {
        var period = WatchPeriod;
        while (await DelayAsync(period))
        {
            try
            {
                await ReviveAsync();
                period = WatchPeriod;
            }
            catch (Exception error) when (!_stopping.IsCancellationRequested)
            {
                period = period * 2 < LongestWatchPeriod ? period * 2 : LongestWatchPeriod;
                StorageLog.RestartFailed(_logger, period, error);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ReviveAsync()
    {
        if (_cluster.Running() is null)
        {
            StorageLog.Gone(_logger, ProcessId);
            await _cluster.StartAsync(_stopping.Token);
            _process = RequireRunning(_cluster);
            StorageLog.Running(_logger, ProcessId, SocketFolder, false);
        }
    }

    private async Task<bool> DelayAsync(TimeSpan period)
    {
        try
        {
            await Task.Delay(period, _time, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
