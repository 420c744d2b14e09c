using System.Globalization;

namespace Hanse.Storage.Instances;

/// <summary>
/// The data folder of one PostgreSQL and what is done with it: made, started, stopped. Holds no lock and no decision; the caller
/// (<see cref="PostgresInstance"/>) sees to it that there is one at a time.
/// </summary>
internal sealed class PostgresCluster(PostgresInstanceOptions options, ServerAccount account, TimeProvider time)
{
    private const long LogLimit = 16 * 1024 * 1024;

    private static readonly TimeSpan OrphanLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ImmediateLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LeavingLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly string _folder = Path.GetFullPath(options.Folder);

    public string DataFolder => Path.Combine(_folder, "data");

    public string LogPath => Path.Combine(_folder, "postgres.log");

    /// <summary>The PostgreSQL that serves this folder, whoever started it; null when there is none.</summary>
    public PostmasterFile? Running() => PostmasterFile.Read(DataFolder) is { } file && file.IsAlive() ? file : null;

    /// <summary>Checks that the account can use the folder, and makes the data when there is none.</summary>
    public async Task PrepareAsync(CancellationToken cancel)
    {
        if (Directory.Exists(DataFolder))
        {
            await RefuseUnreachableAsync(cancel);
            await RefuseForeignAsync(cancel);
            return;
        }

        await account.TakeAsync(_folder, cancel);
        await RefuseUnreachableAsync(cancel);
        await InitializeAsync(cancel);
    }

    /// <summary>Starts PostgreSQL and returns once it takes connections. None may be running.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        var binaries = PostgresBinaries.Find(options.BinaryFolder, DataVersion());
        var socketFolder = await SocketFolder.PrepareAsync(SocketFolder.Parents(account), _folder, account, cancel);
        PostgresConfiguration.Write(DataFolder, socketFolder, options, account);
        RotateLog();
        PostmasterFile.Disown(DataFolder);
        SocketFolder.Clear(socketFolder);

        // After kill -9 of the postmaster its backends need a moment to notice; until then PostgreSQL refuses to start beside them.
        var begun = time.GetTimestamp();
        while (true)
        {
            var mark = LogLength();
            var result = await account.RunAsync(
                binaries.PgCtl,
                ["start", "-D", DataFolder, "-l", LogPath, "-w", "-s", "-t", Seconds(options.StartLimit), "-p", binaries.Postgres],
                cancel);
            if (result.Succeeded)
            {
                return;
            }

            var log = LogSince(mark);
            if (!log.Contains("pre-existing shared memory", StringComparison.Ordinal) || time.GetElapsedTime(begun) > OrphanLimit)
            {
                SocketFolder.Remove(socketFolder);
                throw Failed("did not start", result, log);
            }

            await Task.Delay(Pause, time, cancel);
        }
    }

    /// <summary>Stops PostgreSQL, adopted or not, and returns once it is gone. Sessions are cut, what is committed is on disk.</summary>
    public async Task StopAsync()
    {
        if (Running() is not { } running)
        {
            return;
        }

        var binaries = PostgresBinaries.Find(options.BinaryFolder, DataVersion());
        var result = new ToolResult(0, "");
        foreach (var (mode, limit) in new[] { ("fast", options.StopLimit), ("immediate", ImmediateLimit) })
        {
            if (limit > TimeSpan.Zero && running.IsAlive())
            {
                result = await account.RunAsync(
                    binaries.PgCtl, ["stop", "-D", DataFolder, "-m", mode, "-w", "-s", "-t", Seconds(limit)], CancellationToken.None);
                await LeftAsync(running, result.Succeeded);
            }
        }

        if (running.IsAlive())
        {
            throw Failed("did not stop", result, LogSince(Math.Max(0, LogLength() - 2000)));
        }

        SocketFolder.Remove(running.SocketFolder);
    }

    // PostgreSQL takes its file away, by which pg_ctl judges, a moment before the process is gone.
    private async Task LeftAsync(PostmasterFile running, bool leaving)
    {
        var begun = time.GetTimestamp();
        while (leaving && running.IsAlive() && time.GetElapsedTime(begun) < LeavingLimit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time);
        }
    }

    private async Task InitializeAsync(CancellationToken cancel)
    {
        // Made aside and renamed when whole: what a killed initdb left behind is thrown away and made anew.
        var partial = Path.Combine(_folder, "data.partial");
        if (Directory.Exists(partial))
        {
            Directory.Delete(partial, recursive: true);
        }

        // Collation by code point: compares fast, serves LIKE 'x%', and no update of the system's locales can spoil an index.
        var binaries = PostgresBinaries.Find(options.BinaryFolder, null);
        var result = await account.RunAsync(
            binaries.InitDb,
            [
                "-D", partial, "-U", PostgresConfiguration.Superuser, "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8", "--lc-collate=C",
                "--lc-messages=C", "--data-checksums", "--no-instructions",
            ],
            cancel);
        if (!result.Succeeded)
        {
            throw Failed("could not make its data folder", result, "");
        }

        Directory.Move(partial, DataFolder);
    }

    private async Task RefuseUnreachableAsync(CancellationToken cancel)
    {
        if (await account.TestAsync("-x", _folder, cancel))
        {
            return;
        }

        var closed = _folder;
        foreach (var ancestor in Ancestors(_folder))
        {
            if (!await account.TestAsync("-x", ancestor, cancel))
            {
                closed = ancestor;
                break;
            }
        }

        throw new StorageRefusedException(
            StorageErrorCodes.DataFolderUnreachable,
            $"PostgreSQL runs as the account {account.Name}, which cannot enter {closed}, and so not the data folder {_folder}. Choose a " +
            $"data folder that it can reach, such as one under /var/lib/hanse, or let it pass: chmod o+x {closed}.");
    }

    private async Task RefuseForeignAsync(CancellationToken cancel)
    {
        if (!await account.TestAsync("-O", DataFolder, cancel))
        {
            throw new StorageRefusedException(
                StorageErrorCodes.DataFolderForeign,
                $"The data in {DataFolder} belongs to another account than {account.Name}, as which PostgreSQL would run now: hanse was " +
                $"first run as someone else. Run it as that account, or give the data over: chown -R {account.Name}: {_folder}.");
        }
    }

    private static IEnumerable<string> Ancestors(string folder)
    {
        var chain = new Stack<string>();
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            chain.Push(at);
        }

        return chain;
    }

    private int? DataVersion() => int.TryParse(
        File.ReadAllText(Path.Combine(DataFolder, "PG_VERSION")).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
        ? version
        : null;

    private void RotateLog()
    {
        if (LogLength() > LogLimit)
        {
            File.Move(LogPath, LogPath + ".1", overwrite: true);
        }
    }

    private long LogLength() => new FileInfo(LogPath) is { Exists: true } file ? file.Length : 0;

    private string LogSince(long mark)
    {
        if (LogLength() == 0)
        {
            return "";
        }

        using var file = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(mark, SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private StorageRefusedException Failed(string what, ToolResult result, string log) => new(
        StorageErrorCodes.PostgresFailed,
        $"The private PostgreSQL in {_folder} {what} (exit code {result.ExitCode}). It said: {result.Output.Trim()} {log.Trim()} " +
        $"Its log is {LogPath}. Mend what it complains of (often a full disk or missing rights) and start hanse again.");

    private static string Seconds(TimeSpan span) => ((int)Math.Ceiling(span.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
