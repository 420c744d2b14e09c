using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Hanse.TestKit;

/// <summary>A real server of both roles, which federates itself, with a private PostgreSQL.</summary>
public sealed class RealServer : IAsyncDisposable
{
    private readonly string _settings;

    public RealServer(params string[] settings)
    {
        // PostgreSQL's own account must be able to enter it.
        Folder = $"/tmp/hanse-servers-{Environment.UserName}/{Hanse.Protocol.Ids.CommandId.New()}";
        Directory.CreateDirectory(Folder);
        Port = RealProcess.FreePort();
        _settings = string.Join('\n', settings);
        Coordinator = Client("coordinator.sock");
        Site = Client("site.sock");
    }

    public string Folder { get; }

    public string DataDir => Path.Combine(Folder, "data");

    public string Configuration => Path.Combine(Folder, "hanse.yaml");

    public int Port { get; }

    public RealProcess Process { get; private set; } = null!;

    public HttpClient Coordinator { get; }

    public HttpClient Site { get; }

    /// <summary>Of the private PostgreSQL.</summary>
    public int PostgresId => int.Parse(File.ReadLines(Path.Combine(DataDir, "postgres/data/postmaster.pid")).First(), CultureInfo.InvariantCulture);

    /// <summary>The port that nodes are told to dial: a relay's, or this server's own.</summary>
    public int? DialledPort { get; init; }

    /// <summary>Environment variables beside those of the test.</summary>
    public IReadOnlyList<(string Name, string Value)> Variables { get; init; } = [];

    public async Task StartAsync()
    {
        await File.WriteAllTextAsync(
            Configuration,
            $"roles: [coordinator, site]\ndataDir: {DataDir}\nlisten: 127.0.0.1:{Port}\naddresses: ['127.0.0.1:{DialledPort ?? Port}']\n{_settings}\n");
        Process = RealProcess.Start(RealProcess.Program("hanse"), "", ["serve", "--config", Configuration], [.. Variables]);
        await OnlineAsync();
    }

    public async Task OnlineAsync() => await Wait.For(
        "the site to be online at its coordinator",
        async () => await TryAsync(Coordinator, "sites") is { } sites && sites.GetProperty("items").EnumerateArray().Any(s => s.GetProperty("link").GetString() == "online"),
        TimeSpan.FromSeconds(60), () => Process.Output);

    public static async Task<JsonElement?> TryAsync(HttpClient client, string path)
    {
        try
        {
            using var answer = await client.GetAsync(path);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonElement>() : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public static async Task<(int Status, JsonElement Body)> PostAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    public async ValueTask DisposeAsync()
    {
        Coordinator.Dispose();
        Site.Dispose();
        await Process.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private HttpClient Client(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(DataDir, socket)), cancellation);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost/api/v1/") };
}
