using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Hanse.Up.Servers;

/// <summary>The API of one server over the Unix socket in its data folder, where the folder's owner is administrator (J6).</summary>
internal sealed class LocalApi : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _socket;

    public LocalApi(string socket)
    {
        _socket = socket;
        _http = new HttpClient(new SocketsHttpHandler
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
        })
        {
            BaseAddress = new Uri("http://localhost/api/v1/"),
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    /// <summary>False while nothing answers, or it cannot say how it stands.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        if (!File.Exists(_socket))
        {
            return false;
        }

        try
        {
            using var answer = await _http.GetAsync(new Uri("status", UriKind.Relative), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellation)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellation);
        return await ReadAsync(answer, "GET " + path, cancellation);
    }

    public async Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellation)
    {
        using var answer = await _http.PostAsJsonAsync(path, body, cancellation);
        return await ReadAsync(answer, "POST " + path, cancellation);
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> ReadAsync(HttpResponseMessage answer, string what, CancellationToken cancellation)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw new LocalApiException($"{what} at {_socket} was refused ({(int)answer.StatusCode}): {Detail(text)}");
        }

        using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        return document.RootElement.Clone();
    }

    private static string Detail(string text)
    {
        try
        {
            using var problem = JsonDocument.Parse(text);
            return problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("detail", out var detail) ? detail.ToString() : text;
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
