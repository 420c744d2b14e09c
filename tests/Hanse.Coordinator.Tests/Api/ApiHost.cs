using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Hanse.Authority.Issuing;
using Hanse.Coordinator.Access;
using Hanse.Coordinator.Api;
using Hanse.Storage.Migrations;
using Hanse.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hanse.Coordinator.Tests.Api;

/// <summary>The API with its accounts on a real Kestrel, with every slice of the coordinator, on loopback and on a Unix socket, over a real PostgreSQL.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly WebApplication _app;
    private readonly string _folder;

    private ApiHost(TestDatabase database, WebApplication app, string folder, string password)
    {
        (_database, _app, _folder, Password) = (database, app, folder, password);
        Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => !a.Contains("unix")));
        Anonymous = new() { BaseAddress = Address };
        // Whoever asks before sending waits for the answer: the default second passes on a busy machine, and a body in the middle of a refusal is a broken pipe.
        Local = new(new SocketsHttpHandler { ConnectCallback = ConnectLocalAsync, Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = new("http://coordinator/") };
    }

    public ManualClock Clock { get; private init; } = null!;

    /// <summary>Of <c>admin</c>, made at this host's first start.</summary>
    public string Password { get; }

    public Uri Address { get; }

    public HttpClient Anonymous { get; }

    /// <summary>Over the Unix socket.</summary>
    public HttpClient Local { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<ApiHost> StartAsync(Action<RouteGroupBuilder>? more = null, Action<IServiceCollection>? services = null)
    {
        var database = await TestDatabase.CreateAsync(MigrationSet.FromAssembly(typeof(AccessServices).Assembly));
        var folder = Directory.CreateTempSubdirectory("hanse-api-").FullName;
        var clock = new ManualClock();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.ListenUnixSocket(Path.Combine(folder, "coordinator.sock"));
        });
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(new Random(1));
        builder.Services.AddCoordinator(Options(folder), database.DataSource);
        builder.Services.AddAccess(new() { SocketFolder = folder });
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseProblems();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapCoordinator();
        more?.Invoke(app.MapApi());
        await app.StartAsync();
        var password = await AdministratorBootstrap.EnsureAsync(app.Services, CancellationToken.None);
        return new(database, app, folder, password!) { Clock = clock };
    }

    public async Task<HttpResponseMessage> LoginAsync(string userName, string password) =>
        await Anonymous.PostAsJsonAsync("/api/v1/session", new { userName, password });

    public async Task<HttpClient> ClientAsync(string userName, string password)
    {
        using var answer = await LoginAsync(userName, password);
        answer.EnsureSuccessStatusCode();
        return With((string)(await JsonAsync(answer))["token"]!);
    }

    public HttpClient With(string token)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public static async Task<JsonObject> JsonAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonObject>())!;

    /// <summary>The operations in the audit log, oldest first.</summary>
    public async Task<IReadOnlyList<string>> AuditedAsync()
    {
        var operations = new List<string>();
        await using var command = _database.DataSource.CreateCommand("select operation from audit_entry order by seq");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            operations.Add(reader.GetString(0));
        }

        return operations;
    }

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        Local.Dispose();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // The federation is not founded: what is tested here needs no certificate.
    private static CoordinatorOptions Options(string folder) => ServerNames.TryCreate(["localhost"], [], out var names, out var why)
        ? new() { DataFolder = folder, KeyFile = Path.Combine(folder, "federation.key"), Names = names, Addresses = [] }
        : throw new InvalidOperationException(why);

    private async ValueTask<Stream> ConnectLocalAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_folder, "coordinator.sock")), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
