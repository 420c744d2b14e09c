using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Hanse.Chaos.Tests.World;

/// <summary>A server's API. A server that is dead, dying or slow is an answer like any other.</summary>
internal sealed class ServerApi : IDisposable
{
    private readonly HttpClient _http;

    private ServerApi(SocketsHttpHandler handler, Uri address) =>
        _http = new(handler) { BaseAddress = new Uri(address, "/api/v1/"), Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Over its Unix socket, as its administrator without a name.</summary>
    public static ServerApi AtSocket(string socket) => new(
        new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        },
        new Uri("http://localhost"));

    /// <summary>Over the network, as the owner of a token. Whose certificate it is is not what these tests are about.</summary>
    public static ServerApi OfToken(IPEndPoint server, string token)
    {
        var api = new ServerApi(
            new SocketsHttpHandler { SslOptions = new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true } }, new Uri($"https://{server}"));
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
