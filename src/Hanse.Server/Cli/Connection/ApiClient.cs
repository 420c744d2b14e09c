using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hanse.Server.Cli.Connection;

/// <summary>The HTTP API as the verbs use it. Answers stay JSON, so that <c>-o json</c> prints what the API said. A refusal or a
/// failed connection ends the verb with its exit code.</summary>
internal sealed class ApiClient(HttpClient http, string where, TimeProvider clock) : IDisposable
{
    private const string Prefix = "/api/v1";
    private const int Tries = 5;

    public string Where { get; } = where;

    public Task<JsonObject> GetAsync(string path, CancellationToken cancellation) => ObjectAsync(HttpMethod.Get, path, null, null, cancellation);

    public Task<JsonObject> PostAsync(string path, JsonNode? body, CancellationToken cancellation) =>
        ObjectAsync(HttpMethod.Post, path, body, null, cancellation);

    /// <summary>A POST that may be repeated: its key makes the second a no-op, so it is sent again when the connection breaks.</summary>
    public async Task<JsonObject> PostOnceAsync(string path, JsonNode body, string key, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ObjectAsync(HttpMethod.Post, path, body, key, cancellation);
            }
            catch (CliException lost) when (lost is { ExitCode: ExitCodes.Unreachable, Code: null } && attempt < Tries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt * attempt), clock, cancellation);
            }
        }
    }

    public async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellation)
    {
        using var answer = await RawAsync(method, path, body, null, cancellation);
        return answer.StatusCode == HttpStatusCode.NoContent ? null : await ReadAsync(answer, cancellation);
    }

    /// <summary>The items of a list, page after page, at most <paramref name="limit"/> of them; the last page's object in <paramref name="seen"/>.</summary>
    public async Task<JsonArray> ListAsync(string path, int? limit, CancellationToken cancellation, Action<JsonObject>? seen = null)
    {
        var items = new JsonArray();
        string? cursor = null;
        do
        {
            var ask = Math.Min(limit - items.Count ?? 1000, 1000);
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var page = await GetAsync($"{path}{separator}limit={ask}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", cancellation);
            foreach (var item in page["items"]?.AsArray() ?? [])
            {
                items.Add(item?.DeepClone());
            }

            cursor = (string?)page["next"];
            seen?.Invoke(page);
        }
        while (cursor is not null && (limit is null || items.Count < limit));
        return items;
    }

    public async Task<HttpResponseMessage> RawAsync(HttpMethod method, string path, JsonNode? body, string? key, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, Prefix + path);
        request.Content = body is null ? null : JsonContent.Create(body);
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        try
        {
            var answer = await http.SendAsync(request, cancellation);
            return answer.IsSuccessStatusCode ? answer : throw await ApiFailure.OfAsync(answer, cancellation);
        }
        catch (HttpRequestException broken)
        {
            throw ApiFailure.Of(broken, Where);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<JsonObject> ObjectAsync(HttpMethod method, string path, JsonNode? body, string? key, CancellationToken cancellation)
    {
        using var answer = await RawAsync(method, path, body, key, cancellation);
        return await ReadAsync(answer, cancellation) as JsonObject ?? throw NotOurs();
    }

    private async Task<JsonNode?> ReadAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync<JsonNode>(cancellation);
        }
        catch (JsonException)
        {
            throw NotOurs();
        }
        catch (HttpRequestException broken)
        {
            throw ApiFailure.Of(broken, Where);
        }
    }

    private CliException NotOurs() => new(ExitCodes.ServerError, $"{Where} answered something that is not of this API.", "Is this a Hanse server?", "not-api");
}
