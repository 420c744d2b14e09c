using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Dapper;
using Hanse.Authority.Issuing;
using Hanse.Coordinator.Access;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Gateways;
using Hanse.Coordinator.Sites;
using Hanse.Protocol.Messages;
using Hanse.Server.Hosting;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hanse.Coordinator.Tests.Fixtures;

/// <summary>A whole coordinator with a founded federation, on a real PostgreSQL, serving real TLS on loopback and its Unix socket. Time is a manual clock.</summary>
public sealed class CoordinatorHost : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private TestDatabase _database = null!;
    private WebApplication _app = null!;
    private Task _desired = Task.CompletedTask;

    /// <summary>Begins now: a join compares it with the Date that the real listener sends.</summary>
    public ManualClock Clock { get; } = new(TimeProvider.System.GetUtcNow());

    internal NodeAddress Address { get; private set; } = null!;

    internal HttpClient Socket { get; private set; } = null!;

    internal static string LinkName => TestPki.Names("hq.test").LinkName;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(CoordinatorModule.Migrations);
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Address = new NodeAddress("127.0.0.1", ((IPEndPoint)probe.LocalEndpoint).Port);
        probe.Stop();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Clock).AddSingleton(new Random(7));
        builder.Services.AddCoordinator(
            new CoordinatorOptions
            {
                DataFolder = _folder.File("coordinator"), KeyFile = _folder.File("federation.key"), Names = TestPki.Names("hq.test"), Addresses = [Address],
            },
            _database.DataSource);
        builder.Services.AddAccess(new() { SocketFolder = _folder.Path });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenForRole(
            new IPEndPoint(IPAddress.Loopback, Address.Port), _folder.File("coordinator.sock"), () => CoordinatorModule.NodeServer(_app.Services)));
        _app = builder.Build();
        _app.UseNodeServer(CoordinatorModule.NodeServer(_app.Services));
        _app.UseProblems();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.MapCoordinator();
        await CoordinatorModule.OpenCoordinatorAsync(_app.Services, default);
        await _app.StartAsync();
        _desired = Task.WhenAll(Get<DesiredStateDriver>().RunAsync(_stop.Token), Get<GatewayStateDriver>().RunAsync(_stop.Token));
        Socket = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://coordinator/api/v1/") };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await CoordinatorModule.StopCoordinatorAsync(_app.Services);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _desired);
        Socket.Dispose();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
        _stop.Dispose();
    }

    internal T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>The join string of a new site, as <c>hanse site invite</c> gives it.</summary>
    internal async Task<JoinInvitation> InviteAsync(string name, string ttl = "1h")
    {
        var (status, body) = await PostAsync("sites/invitations", new { name, externalNames = new[] { $"{name}.test" }, ttl });
        Assert.True(status == HttpStatusCode.OK, body.ToString());
        return Read(body.GetProperty("joinString").GetString()!, Clock);
    }

    internal static JoinInvitation Read(string text, TimeProvider time) =>
        Assert.IsType<JoinStringOutcome.Read>(JoinString.Parse(text, NodeKind.Site, time.GetUtcNow())).Invitation;

    internal Task<SiteJoinOutcome> RedeemAsync(JoinInvitation invitation, NodeKey key, TimeProvider? clock = null) =>
        new JoinClient(clock ?? Clock).JoinSiteAsync(invitation, key, new SiteDescription("1.0", []), default);

    /// <summary>A site that has joined, and its key.</summary>
    internal async Task<TestSite> JoinAsync(string name)
    {
        var key = NodeKey.Generate();
        var joined = Assert.IsType<SiteJoinOutcome.Joined>(await RedeemAsync(await InviteAsync(name), key));
        var issuer = new LeafIssuer(key, joined.Intermediate, new LifetimeOptions());
        Assert.True(ServerNames.TryCreate(joined.ExternalNames, [], out var names, out _));
        return new TestSite(this, joined, issuer.IssueOwnCredential(names, Clock)) { Issuer = issuer };
    }

    internal async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, object body)
    {
        using var answer = await Socket.PostAsJsonAsync(path, body);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    internal async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        return (await connection.QueryAsync<T>(sql, parameters)).AsList();
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_folder.File("coordinator.sock")), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
