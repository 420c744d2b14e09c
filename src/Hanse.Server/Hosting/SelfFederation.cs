using System.Net.Sockets;
using System.Text.Json;
using Hanse.Server.Configuration;

namespace Hanse.Server.Hosting;

/// <summary>Both roles in one process federate themselves: the site joins the coordinator beside it by an ordinary invitation over the
/// two sockets, once. From then on they speak over the link like any others.</summary>
internal static class SelfFederation
{
    public static async Task EnsureAsync(HanseOptions options, RunningRoles roles, CancellationToken cancellation)
    {
        if (roles.Find(ServerRole.Coordinator) is null || roles.Find(ServerRole.Site) is null)
        {
            return;
        }

        using var site = Client(Path.Combine(options.DataDir, SiteRole.Socket));
        var status = await site.GetFromJsonAsync<JsonElement>("status", cancellation);
        if (status.GetProperty("joined").GetBoolean())
        {
            return;
        }

        using var coordinator = Client(Path.Combine(options.DataDir, CoordinatorRole.Socket));
        var names = options.ExternalNames.Count > 0 ? options.ExternalNames : ["localhost"];
        var port = SiteRole.Listen(options).Port;
        var invitation = await SendAsync(coordinator, "sites/invitations", new
        {
            name = options.Site.Name, externalNames = names.Select(n => $"{options.Site.Name}.{n}"), addresses = names.Select(n => $"{n}:{port}"),
        }, cancellation);
        await SendAsync(site, "site/join", new { joinString = invitation.GetProperty("joinString").GetString() }, cancellation);
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, string path, object body, CancellationToken cancellation)
    {
        using var answer = await client.PostAsJsonAsync(path, body, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        return answer.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : throw new InvalidDataException($"The site could not join the coordinator beside it ({path}): {text}");
    }

    private static HttpClient Client(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
            return new NetworkStream(connection, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost/api/v1/") };
}
