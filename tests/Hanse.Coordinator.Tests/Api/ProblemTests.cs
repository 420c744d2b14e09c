using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Microsoft.AspNetCore.Builder;

namespace Hanse.Coordinator.Tests.Api;

/// <summary>Every refusal is a problem with a code and a trace id, whoever made it, and none shows a stack.</summary>
public sealed class ProblemTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ApiHost.StartAsync(api =>
    {
        api.MapGet("/test/boom", string () => throw new InvalidOperationException("secret of the inside")).RequireAuthorization(AccessPolicies.Viewer);
        api.MapPost("/test/echo", (Echo echo) => echo).RequireAuthorization(AccessPolicies.Viewer);
        api.MapGet("/test/forgotten", () => "open?");
    });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("GET", "/api/v1/nothing", null, 404, "not-found", null)]
    [InlineData("PUT", "/api/v1/me", "{}", 405, "method-not-allowed", null)]
    [InlineData("POST", "/api/v1/test/echo", "{\"count\":", 400, "request-invalid", "count")]
    [InlineData("POST", "/api/v1/test/echo", "{\"count\":1,\"wait\":30}", 400, "request-invalid", "wait")]
    [InlineData("POST", "/api/v1/test/echo", "{\"count\":1,\"wait\":\"30s\",\"more\":1}", 400, "request-invalid", "more")]
    [InlineData("POST", "/api/v1/test/echo", "{\"wait\":\"30s\"}", 400, "request-invalid", "count")]
    [InlineData("POST", "/api/v1/session", "{}", 400, "request-invalid", "userName")]
    [InlineData("POST", "/api/v1/session", "{\"userName\":null,\"password\":\"\"}", 400, "request-invalid", "userName")]
    [InlineData("GET", "/api/v1/test/boom", null, 500, "internal-error", null)]
    public async Task A_bad_request_gets_a_problem(string method, string path, string? body, int status, string code, string? field)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _host.Local.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        var problem = await ApiHost.JsonAsync(answer);
        Assert.Equal((status, code, field), ((int)answer.StatusCode, (string?)problem["code"], (string?)problem["field"]));
        Assert.Equal($"urn:hanse:problem:{code}", (string?)problem["type"]);
        Assert.NotEmpty((string)problem["traceId"]!);
        Assert.NotEmpty((string)problem["detail"]!);
        Assert.DoesNotContain("secret of the inside", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused()
    {
        // The client asks first (Expect: 100-continue): the server refuses by length alone and closes, which a client in the middle of sending may see as a broken pipe.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/test/echo") { Headers = { ExpectContinue = true } };
        request.Content = new StringContent($"\"{new string('x', ApiGroup.BodyLimit)}\"", Encoding.UTF8, "application/json");
        using var answer = await _host.Local.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("request-too-large", (string?)(await ApiHost.JsonAsync(answer))["code"]);
    }

    [Fact]
    public async Task Durations_travel_as_text()
    {
        using var answer = await _host.Local.PostAsJsonAsync("/api/v1/test/echo", new { count = 1, wait = "90m" });
        Assert.Equal("1h30m", (string?)(await ApiHost.JsonAsync(answer))["wait"]);
    }

    [Fact]
    public async Task An_endpoint_that_forgot_its_policy_is_closed()
    {
        using var anonymous = await _host.Anonymous.GetAsync("/api/v1/test/forgotten");
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
    }

    [Theory]
    [InlineData("/healthz", "application/json")]
    [InlineData("/readyz", "application/json")]
    [InlineData("/", "text/html")]
    [InlineData("/openapi/v1.json", "application/json")]
    public async Task What_lies_outside_the_api_is_open(string path, string type)
    {
        // Readiness speaks of the federation's certificates.
        await CoordinatorModule.OpenCoordinatorAsync(_host.Services, CancellationToken.None);
        using var answer = await _host.Anonymous.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType?.MediaType);
    }

    private sealed record Echo([property: JsonRequired] int Count, TimeSpan Wait);
}
