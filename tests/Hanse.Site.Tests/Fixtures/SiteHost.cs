using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Hanse.Authority.Issuing;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Server.Hosting;
using Hanse.Site.Enrollment;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Tests.Fixtures;

/// <summary>A whole site of a test federation, on a real PostgreSQL, serving real TLS on loopback and its Unix socket. Time is a manual
/// clock. Its coordinator is not there unless a test plays one.</summary>
public sealed class SiteHost : IAsyncLifetime
{
    public const string Name = "north.test";

    private CancellationTokenSource _stop = null!;
    private readonly TestFolder _folder = new();
    private TestDatabase _database = null!;
    private WebApplication _app = null!;
    private Task _loops = Task.CompletedTask;

    /// <summary>Set before it starts, to play the coordinator.</summary>
    internal NodeAddress Coordinator { get; init; } = new("127.0.0.1", 1);

    internal LifetimeOptions Lifetimes { get; init; } = new();

    internal long DiskFloor { get; init; }

    internal long OutboxBound { get; init; } = 1_000_000;

    /// <summary>Begins now: a join compares it with the Date that the real listener sends.</summary>
    public ManualClock Clock { get; init; } = new(TimeProvider.System.GetUtcNow());

    internal TestPki Pki { get; init; } = null!;

    internal SiteId Id { get; } = SiteId.New();

    internal byte[] CustomerKey { get; } = RandomNumberGenerator.GetBytes(JoinInvitation.SecretBytes);

    internal IServiceProvider Services => _app.Services;

    internal NodeAddress Address { get; private set; } = null!;

    internal HttpClient Socket { get; private set; } = null!;

    internal static ServerNames Names => TestPki.Names(Name);

    internal TestPki Federation { get; private set; } = null!;

    internal Npgsql.NpgsqlDataSource Database => _database.DataSource;

    internal CurrentTrust Trust => Get<SiteIdentity>().Keys!.Trust;

    public async ValueTask InitializeAsync()
    {
        Federation = Pki ?? new TestPki(Clock, Lifetimes);
        _database = await TestDatabase.CreateAsync(SiteModule.Migrations);
        await BuildAsync();
        await JoinAsync();
        Run();
    }

    /// <summary>Only the database and the listener: a site that has not joined.</summary>
    internal async Task StartUnjoinedAsync(TestPki federation)
    {
        Federation = federation;
        _database = await TestDatabase.CreateAsync(SiteModule.Migrations);
        await BuildAsync();
        Run();
    }

    /// <summary>The site's loops: they end by themselves when it has left, or at a fault.</summary>
    internal Task Loops => _loops;

    /// <summary>The process dies and starts again on the same data.</summary>
    internal async Task RestartAsync(bool joined = true)
    {
        await StopAsync();
        await BuildAsync();
        Run();
        await Wait.For("the site to have opened its identity", () => !joined || Get<SiteIdentity>().Keys is not null);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    internal T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    internal JoinInvitation Invitation(byte[]? customerKey = null) => new()
    {
        Federation = Federation.Federation, Kind = NodeKind.Agent, Addresses = [Address], ServerName = Names.LinkName,
        RootPins = [SpkiHash.Of(Federation.Root.Certificate)], Secret = customerKey ?? CustomerKey, Expires = Clock.GetUtcNow().AddHours(1),
    };

    internal async Task<JsonElement> GetAsync(string path) => await Socket.GetFromJsonAsync<JsonElement>(path);

    internal async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, object body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using var answer = await Socket.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    internal async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.QueryAsync<T>(sql, parameters)).AsList();
    }

    /// <summary>What waits in the outbox, oldest first.</summary>
    internal async Task<IReadOnlyList<Record>> RecordsAsync() =>
        [.. (await QueryAsync<byte[]>("select fact from uplink_record order by id")).Select(Record.Parser.ParseFrom)];

    internal string FilePath(string name) => _folder.File(name);

    private async Task BuildAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        // Without pauses: nobody would end them on a clock that stands still.
        builder.Services.AddSingleton<TimeProvider>(Clock).AddSingleton(new Random(7)).AddSingleton(new GatherPause(TimeSpan.Zero));
        Directory.CreateDirectory(_folder.File("site"));
        builder.Services.AddSite(
            new SiteOptions { DataFolder = _folder.File("site"), Lifetimes = Lifetimes, DiskFloor = DiskFloor, OutboxBound = OutboxBound, Metrics = new() { Gateways = [new(IPAddress.Parse("127.0.0.88"), 32)] } }, _database.DataSource);
        WebApplication? app = null;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenForRole(
            new IPEndPoint(IPAddress.Loopback, Address?.Port ?? 0), _folder.File("site.sock"), () => SiteModule.NodeServer(app!.Services)));
        _app = app = builder.Build();
        app.UseNodeServer(SiteModule.NodeServer(app.Services));
        app.UseSiteProblems();
        app.UseLocalSocket(_folder.Path, "administrator");
        app.MapSite();
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => !a.Contains("unix"));
        Address = new NodeAddress("127.0.0.1", new Uri(address).Port);
        Socket = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://site/api/v1/") };
    }

    private async Task JoinAsync()
    {
        Directory.CreateDirectory(_folder.File("site/identity"));
        var key = NodeKey.Generate();
        var intermediate = Federation.Root.IssueForSite(Id, key.PublicKey, Names, Clock);
        await Get<SiteIdentity>().CompleteJoinAsync(
            new SiteJoinOutcome.Joined
            {
                Federation = Federation.Federation, Site = Id, Name = "north", Intermediate = intermediate,
                Trust = new TrustAnchors(Federation.Federation, [Federation.Root.Certificate], [Federation.CoordinatorIssuer.Intermediate, intermediate]),
                SiteKey = SiteKey.Derive(CustomerKey, Id), ExternalNames = [Name], Addresses = [Address],
                CoordinatorServerName = Federation.CoordinatorNames.LinkName, CoordinatorAddresses = [Coordinator],
            },
            key, default);
    }

    private void Run()
    {
        _stop = new CancellationTokenSource();
        _loops = SiteModule.RunSiteAsync(_app.Services, _stop.Token);
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await SiteModule.StopSiteAsync(_app.Services);
        await _loops.ContinueWith(ended => Assert.False(ended.IsFaulted, $"A loop of the site failed: {ended.Exception}"), TaskScheduler.Default);
        _stop.Dispose();
        Socket.Dispose();
        await _app.DisposeAsync();
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_folder.File("site.sock")), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
