using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Hanse.Chaos.Tests.Ground;

namespace Hanse.Chaos.Tests.World;

/// <summary>A server's API. A server that is dead, dying or slow is an answer like any other.</summary>
internal sealed class ServerApi : IDisposable
{
    private readonly HttpClient _http;

    private ServerApi(Uri address, EndPoint server, Func<Socket> socket)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = socket();
                try
                {
                    await connection.ConnectAsync(server, cancellation);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
            // Whose certificate it is is not what these tests are about.
            SslOptions = new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        };
        _http = new(handler) { BaseAddress = new Uri(address, "/api/v1/"), Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>Over its Unix socket, as its administrator without a name.</summary>
    public static ServerApi AtSocket(string socket) => new(
        new Uri("http://localhost"), new UnixDomainSocketEndPoint(socket), static () => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));

    /// <summary>Over the network of a ground, as the owner of a token.</summary>
    public static ServerApi OfToken(IGround ground, IPEndPoint server, string token)
    {
        var api = new ServerApi(new Uri($"https://{server}"), server, ground.NewRelaySocket);
        api._http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return api;
    }

    /// <summary>Null when there was no answer, or a refusal.</summary>
    public async Task<JsonElement?> GetAsync(string path) => await SendAsync(HttpMethod.Get, path, null, null) is { Status: 200 } answer ? answer.Body : null;

    /// <summary>Status 0: no answer; whether it had its effect is unknown.</summary>
    public async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, object? body, string? key)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
            {
                request.Content = JsonContent.Create(body);
            }

            if (key is not null)
            {
                request.Headers.Add("Idempotency-Key", key);
            }

            using var answer = await _http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            return ((int)answer.StatusCode, text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text));
        }
        catch (Exception lost) when (lost is HttpRequestException or TaskCanceledException or IOException or JsonException)
        {
            return default;
        }
    }

    public void Dispose() => _http.Dispose();
}
