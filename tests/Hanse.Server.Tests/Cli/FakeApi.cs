using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hanse.Server.Tests.Cli;

/// <summary>An API with behaviour on a real Kestrel: pages, idempotent commands whose first answer may be lost, refusals on demand, and
/// logins. On a Unix socket, and over TLS when given a certificate.</summary>
internal sealed class FakeApi : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hanse-fake-").FullName;
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, JsonObject> _commands = new();
    private int _asked;
    private int _lateOutput;

    private FakeApi(X509Certificate2? certificate, X509Certificate2? root)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(SocketPath);
            if (certificate is not null)
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate));
            }
        });
        _app = builder.Build();
        Map(root);
    }

    public string SocketPath => Path.Combine(_folder, "api.sock");

    public string Unix => $"unix:{SocketPath}";

    public string Https => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
        .First(a => a.StartsWith("https", StringComparison.Ordinal));

    /// <summary>Loses the connection after the first command was taken, before its answer.</summary>
    public bool LosesFirstAnswer { get; set; }

    /// <summary>How a command ends.</summary>
    public string Ends { get; set; } = "completed";

    /// <summary>So often after the end the site is asked for output and does not have all of it.</summary>
    public int LateOutput { get => _lateOutput; set => _lateOutput = value; }

    public int CommandsMade => _commands.Count;

    /// <summary>Bodies of the requests that changed something, by path.</summary>
    public ConcurrentQueue<(string Path, JsonObject Body)> Taken { get; } = new();

    /// <summary>Server names under which the roots were asked for.</summary>
    public ConcurrentQueue<string> TrustNames { get; } = new();

    public static async Task<FakeApi> StartAsync(X509Certificate2? certificate = null, X509Certificate2? root = null)
    {
        var api = new FakeApi(certificate, root);
        await api._app.StartAsync();
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void Map(X509Certificate2? root)
    {
        _app.MapGet("/trust", (HttpContext context) =>
        {
            TrustNames.Enqueue(context.Request.Host.Host);
            return Results.Bytes(TrustOf(root));
        });
        var api = _app.MapGroup("/api/v1");
        api.MapGet("/sites", (string? cursor) => cursor is null
            ? Results.Ok(new { items = new[] { Site("north", 3) }, next = "2" })
            : Results.Ok(new { items = new[] { Site("south", 0) }, next = (string?)null }));
        api.MapGet("/sites/{site}", (string site) => site.StartsWith("refuse-", StringComparison.Ordinal)
            ? Results.Problem("It is so.", statusCode: int.Parse(site[7..], System.Globalization.CultureInfo.InvariantCulture),
                extensions: new Dictionary<string, object?> { ["code"] = "because", ["field"] = "site", ["traceId"] = "4711" })
            : Results.Ok(Site(site, 1)));
        api.MapGet("/hosts/{host}/sections/packages", () => new[] { new { name = "bash", version = "5.2", architecture = "amd64" } });
        api.MapGet("/hosts/{host}/metrics", (int points) => new
        {
            last = new
            {
                at = "2030-01-01T00:00:05Z", path = "datagram", cpu = 12.5, memoryUsed = 2147483648, memoryTotal = 4294967296, load1 = 0.5, load5 = 0.25, load15 = 0.1, diskRead = (long?)null,
                fileSystems = new[] { new { path = "/", size = 1073741824L, used = 50.0 } }, processes = new[] { new { pid = 7, name = "cc1", cpu = 99.5, memory = 1536 } },
                logins = Array.Empty<object>(),
            },
            points = new[] { new { at = "2030-01-01T00:00:00Z", samples = points, mean = Figures(10), highest = Figures(20) } },
        });
        api.MapGet("/hosts/{host}", (string host) => host == "a1" ? Results.Ok(new { hostname = "web-1" }) : Results.NotFound());
        api.MapGet("/audit", (string operation) => new
        {
            items = operation != "host.quarantine" ? [] : new object[]
            {
                new // as a coordinator has it from a site
                {
                    seq = 9, time = "2030-01-01T00:05:00Z", siteId = "51", operation,
                    detail = new { occurredAt = "2030-01-01T00:00:00Z", detail = """{"address":"10.0.0.9"}""" },
                },
                new { seq = 4, time = "2029-12-31T00:00:00Z", sourceAddress = "10.0.0.8", operation, detail = new { } }, // as the site has it
            },
            next = (string?)null,
        });
        api.MapGet("/audit/{seq}", (int seq) => new { hostIds = new[] { seq == 9 ? "a1" : "b2" } });
        api.MapPost("/hosts/{host}/ban", (string host, JsonObject body) => { Taken.Enqueue((host, body)); return Results.NoContent(); });
        api.MapPost("/site/join", (JsonObject body) => { Taken.Enqueue(("join", body)); return new { id = "1", name = "north" }; });
        api.MapPost("/session", (JsonObject body) =>
        {
            Taken.Enqueue(("session", body));
            return (string?)body["password"] == "right"
                ? Results.Ok(new { token = "hanse_t0ken", expiresAt = "2030-01-01T00:00:00Z" })
                : Results.Problem("The name or the password is wrong.", statusCode: 401, extensions: new Dictionary<string, object?> { ["code"] = "credentials-invalid" });
        });
        api.MapGet("/status", (HttpRequest request) => new { role = "coordinator", seenToken = request.Headers.Authorization.ToString() });
        api.MapPost("/commands", IssueAsync);
        api.MapGet("/commands/{id}", (string id) => _commands.Values.FirstOrDefault(c => (string?)c["id"] == id) is { } command ? Results.Ok(Progress(command)) : Results.NotFound());
        api.MapGet("/commands/{id}/executions/{host}/output", (string stream, long offset) => Output(stream, offset));
    }

    private async Task<IResult> IssueAsync(HttpContext context, JsonObject body)
    {
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        var isNew = _commands.TryAdd(key, new JsonObject { ["id"] = $"c{_commands.Count + 1}", ["state"] = "queued", ["body"] = body.DeepClone() });
        if (isNew && LosesFirstAnswer)
        {
            context.Abort();
            await Task.CompletedTask;
        }

        return Results.Ok(Shape(_commands[key], "queued", "queued"));
    }

    // Asked first it runs, asked again it has ended.
    private JsonObject Progress(JsonObject command) => Interlocked.Increment(ref _asked) == 1
        ? Shape(command, "in-progress", "running")
        : Shape(command, Ends, Ends == "completed" ? "succeeded" : "failed", excerptOnly: _lateOutput > 0);

    private static JsonObject Shape(JsonObject command, string state, string execution, bool excerptOnly = false)
    {
        var hosts = command["body"]!["hosts"]!.AsArray().Select(h => (string)h!);
        var ended = execution is "succeeded" or "failed";
        return new JsonObject
        {
            ["id"] = (string)command["id"]!, ["state"] = state, ["version"] = state,
            ["executions"] = new JsonArray([.. hosts.Select(h => (JsonNode)new JsonObject
            {
                ["host"] = h, ["hostId"] = h, ["state"] = execution, ["exitCode"] = ended ? execution == "failed" ? 3 : 0 : null,
                ["stdout"] = !ended ? null : excerptOnly ? "Linux" : "Linux ü\nthe end\n", ["stdoutLength"] = ended ? 17 : null, ["stderr"] = ended ? "a warning\n" : null,
            })]),
        };
    }

    // What has been written so far while it runs is cut within a character.
    private IResult Output(string stream, long offset)
    {
        var all = System.Text.Encoding.UTF8.GetBytes(stream == "stdout" ? "Linux ü\nthe end\n" : "a warning\n");
        var overtaken = _asked > 1 && Interlocked.Decrement(ref _lateOutput) >= 0;
        var ready = _asked <= 1 || overtaken ? Math.Min(7, all.Length) : all.Length;
        var piece = all[(int)Math.Min(offset, ready)..ready];
        return Results.Ok(new { stream, offset, nextOffset = offset + piece.Length, length = ready, complete = _asked > 1 && !overtaken, data = Convert.ToBase64String(piece) });
    }

    private static object Figures(double cpu) =>
        new { cpu, memoryUsed = 1024, load1 = 0.5, diskRead = 0, diskWritten = 0, networkReceived = 0, networkSent = 0 };

    private static object Site(string name, int hosts) => new { id = name + "-id", name, status = "enrolled", link = "online", hostCount = hosts, queueDepth = 0 };

    private static byte[] TrustOf(X509Certificate2? root)
    {
        var trust = new Hanse.Protocol.Messages.TrustSet();
        if (root is not null)
        {
            trust.Roots.Add(Google.Protobuf.ByteString.CopyFrom(root.RawData));
        }

        return Google.Protobuf.MessageExtensions.ToByteArray(trust);
    }
}
