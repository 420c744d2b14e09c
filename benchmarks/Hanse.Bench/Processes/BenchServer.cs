using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Hanse.Bench.Processes;

/// <summary>A server process with its own PostgreSQL, as an operator runs it, and its socket.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(2);

    private readonly string _data;

    private BenchServer(BenchProcess process, SocketApi api, int port, string data) => (Process, Api, Port, _data) = (process, api, port, data);

    public BenchProcess Process { get; private set; }

    public SocketApi Api { get; }

    public int Port { get; }

    /// <summary>The processes of its PostgreSQL.</summary>
    public IReadOnlyList<int> Postgres { get; private set; } = [];

    public static async Task<BenchServer> StartAsync(string role, string name, string folder, string externalName, int? dialled = null)
    {
        var data = System.IO.Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        Open(data);
        var port = FreePort();
        await File.WriteAllTextAsync(ConfigOf(data), string.Create(CultureInfo.InvariantCulture, $"""
            roles: [{role}]
            dataDir: {data}
            listen: 127.0.0.1:{port}
            externalNames: [{externalName}]
            addresses: ["127.0.0.1:{dialled ?? port}"]
            """));
        var server = new BenchServer(Serve(name, data), new SocketApi(Path.Combine(data, role + ".sock")), port, data);
        await server.AnswersAsync();
        server.Postgres = FindPostgres(data);
        return server;
    }

    /// <summary>Where its private PostgreSQL is, which lets the account in that started it.</summary>
    public string DatabaseOf(string role)
    {
        var lines = System.IO.Directory.EnumerateFiles(_data, "postmaster.pid", SearchOption.AllDirectories).Select(File.ReadAllLines).Single();
        return new Npgsql.NpgsqlConnectionStringBuilder
        {
            Host = lines[4], Port = int.Parse(lines[3], CultureInfo.InvariantCulture), Username = role, Database = role, SslMode = Npgsql.SslMode.Disable,
            GssEncryptionMode = Npgsql.GssEncryptionMode.Disable, CommandTimeout = 600,
        }.ConnectionString;
    }

    /// <summary>kill -9 of the program, and another on the same data, as a supervisor starts it. Returns once it answers.</summary>
    public async Task KillAndStartAsync()
    {
        var name = Process.Name;
        await Process.KillAsync();
        await Process.DisposeAsync();
        Process = Serve(name, _data);
        await AnswersAsync();
    }

    /// <summary>Processor time of its PostgreSQL: of those that live, and, by the postmaster, of those that have ended.</summary>
    public TimeSpan PostgresCpu => Postgres.Count == 0 ? TimeSpan.Zero
        : ProcessFigures.Tree(Postgres[0]).Aggregate(TimeSpan.Zero, (sum, pid) => sum + ProcessFigures.Cpu(pid));

    /// <summary>Memory of its PostgreSQL, each shared page counted once.</summary>
    public long PostgresMemory => Postgres.Count == 0 ? 0 : ProcessFigures.Tree(Postgres[0]).Sum(ProcessFigures.Proportional);

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Process.DisposeAsync();
    }

    private static BenchProcess Serve(string name, string data) =>
        BenchProcess.Start(name, BenchProcess.Program("src/Hanse.Server", "hanse"), null, "serve", "--config", ConfigOf(data));

    private static string ConfigOf(string data) => Path.Combine(data, "hanse.yaml");

    private Task AnswersAsync() => Process.UntilAsync("it answered on its socket", Api.IsReadyAsync, StartDeadline);

    /// <summary>The account of PostgreSQL must be able to pass through.</summary>
    public static void Open(string folder) => File.SetUnixFileMode(folder,
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    // The first line of postmaster.pid is the process.
    private static int[] FindPostgres(string data) =>
        [.. System.IO.Directory.EnumerateFiles(data, "postmaster.pid", SearchOption.AllDirectories).Select(f => int.Parse(File.ReadLines(f).First(), CultureInfo.InvariantCulture))];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
