using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Hanse.Coordinator.Access;
using Hanse.Coordinator.Tests.Api;

namespace Hanse.Coordinator.Tests.Access;

/// <summary>Accounts, lockout, tokens and the Unix socket, over the wire.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ApiHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Bootstrap_answers_a_password_once()
    {
        Assert.Equal(20, _host.Password.Length);
        Assert.Null(await AdministratorBootstrap.EnsureAsync(_host.Services, CancellationToken.None));
        using var answer = await _host.LoginAsync("admin", _host.Password);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var session = await ApiHost.JsonAsync(answer);
        Assert.StartsWith("hanse_", (string?)session["token"], StringComparison.Ordinal);
        Assert.Equal("administrator", (string?)session["user"]!["role"]);
        Assert.Equal(["user.create", "session.open"], await _host.AuditedAsync());
    }

    [Fact]
    public async Task Given_five_wrong_passwords_When_the_right_one_comes_Then_the_account_is_locked_until_it_is_not()
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            using var wrong = await _host.LoginAsync("admin", "not the password");
            Assert.Equal("credentials-invalid", await CodeAsync(wrong, HttpStatusCode.Unauthorized));
        }

        using (var locked = await _host.LoginAsync("admin", _host.Password))
        {
            Assert.Equal("account-locked", await CodeAsync(locked, HttpStatusCode.Locked));
            Assert.Equal(TimeSpan.FromMinutes(15), locked.Headers.RetryAfter!.Delta);
        }

        // Each wrong password is in the log; what a locked account is asked is not, or anybody could fill it.
        Assert.Equal(5, (await _host.AuditedAsync()).Count(o => o == "session.open"));

        _host.Clock.Advance(TimeSpan.FromMinutes(15));
        using var open = await _host.LoginAsync("admin", _host.Password);
        Assert.Equal(HttpStatusCode.OK, open.StatusCode);
    }

    [Fact]
    public async Task Given_forty_wrong_passwords_at_once_When_judged_Then_only_five_reached_the_hash()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _host.LoginAsync("admin", "not the password")));
        Assert.Equal(5, answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized));
        Assert.Equal(35, answers.Count(a => a.StatusCode == HttpStatusCode.Locked));
    }

    [Fact]
    public async Task A_success_forgets_the_failures_before_it()
    {
        for (var round = 0; round < 3; round++)
        {
            for (var attempt = 0; attempt < 4; attempt++)
            {
                using var wrong = await _host.LoginAsync("admin", "not the password");
                Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
            }

            using var right = await _host.LoginAsync("ADMIN", _host.Password);
            Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        }
    }

    [Fact]
    public async Task A_name_nobody_has_is_answered_as_a_wrong_password()
    {
        using var answer = await _host.LoginAsync("'; drop table access_user; --", "whatever it is");
        Assert.Equal("credentials-invalid", await CodeAsync(answer, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task A_session_ends_at_its_expiry_and_at_logout()
    {
        using var first = await _host.ClientAsync("admin", _host.Password);
        using var second = await _host.ClientAsync("admin", _host.Password);
        using (var gone = await first.DeleteAsync("/api/v1/session"))
        {
            Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        }

        using var refused = await first.GetAsync("/api/v1/me");
        Assert.Equal("unauthenticated", await CodeAsync(refused, HttpStatusCode.Unauthorized));
        using var fine = await second.GetAsync("/api/v1/me");
        Assert.Equal("admin", (string?)(await ApiHost.JsonAsync(fine))["userName"]);
        _host.Clock.Advance(TimeSpan.FromHours(12));
        using var expired = await second.GetAsync("/api/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, expired.StatusCode);
    }

    [Fact]
    public async Task A_token_has_at_most_its_own_role_and_ends_with_its_revocation()
    {
        using var admin = await _host.ClientAsync("admin", _host.Password);
        using var made = await admin.PostAsJsonAsync("/api/v1/tokens", new { name = "reader", role = "viewer", ttl = "1h" });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var token = await ApiHost.JsonAsync(made);
        using var reader = _host.With((string)token["token"]!);
        using (var users = await reader.GetAsync("/api/v1/users"))
        {
            Assert.Equal("forbidden", await CodeAsync(users, HttpStatusCode.Forbidden));
        }

        using (var higher = await reader.PostAsJsonAsync("/api/v1/tokens", new { name = "more", role = "administrator" }))
        {
            Assert.Equal("role-unknown", await CodeAsync(higher, HttpStatusCode.BadRequest));
        }

        using (var twice = await admin.PostAsJsonAsync("/api/v1/tokens", new { name = "reader" }))
        {
            Assert.Equal("name-taken", await CodeAsync(twice, HttpStatusCode.Conflict));
        }

        var listed = await admin.GetFromJsonAsync<JsonObject>("/api/v1/tokens");
        var row = listed!["items"]!.AsArray().Single(t => (string?)t!["name"] == "reader")!;
        Assert.Null(row["token"]);
        Assert.NotNull(row["lastUsedAt"]);
        using (var revoked = await admin.DeleteAsync($"/api/v1/tokens/{token["id"]}"))
        {
            Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        }

        using var after = await reader.GetAsync("/api/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
        Assert.Equal(["user.create", "session.open", "token.create", "token.revoke"], await _host.AuditedAsync());
    }

    [Fact]
    public async Task A_viewer_creates_no_accounts()
    {
        using var admin = await _host.ClientAsync("admin", _host.Password);
        using var made = await admin.PostAsJsonAsync("/api/v1/users", new { userName = "vera", role = "viewer" });
        var password = (string)(await ApiHost.JsonAsync(made))["password"]!;
        using var vera = await _host.ClientAsync("vera", password);
        using var refused = await vera.PostAsJsonAsync("/api/v1/users", new { userName = "eve", role = "administrator" });
        Assert.Equal("forbidden", await CodeAsync(refused, HttpStatusCode.Forbidden));
    }

    [Theory]
    [InlineData("admin", "viewer", null, "name-taken", "userName")]
    [InlineData("a b", "viewer", null, "name-invalid", "userName")]
    [InlineData("\u001b[31mred", "viewer", null, "name-invalid", "userName")]
    [InlineData("vera", "owner", null, "role-unknown", "role")]
    [InlineData("vera", "viewer", "short", "password-too-weak", "password")]
    public async Task A_bad_account_is_refused_by_field(string userName, string role, string? password, string code, string field)
    {
        using var answer = await _host.Local.PostAsJsonAsync("/api/v1/users", new { userName, role, password });
        var problem = await ApiHost.JsonAsync(answer);
        Assert.Equal((code, field), ((string?)problem["code"], (string?)problem["field"]));
    }

    [Fact]
    public async Task Through_the_socket_the_folders_owner_is_administrator_and_can_reset_a_password()
    {
        var me = await _host.Local.GetFromJsonAsync<JsonObject>("/api/v1/me");
        Assert.Matches("^local:[0-9]+$", (string?)me!["userName"]);
        Assert.Equal("administrator", (string?)me["role"]);

        using var session = await _host.ClientAsync("admin", _host.Password);
        using var reset = await _host.Local.PostAsJsonAsync("/api/v1/users/admin/password", new { });
        var password = (string)(await ApiHost.JsonAsync(reset))["password"]!;
        using var ended = await session.GetAsync("/api/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, ended.StatusCode);
        using var again = await _host.ClientAsync("admin", password);
        using var refused = await again.PostAsJsonAsync("/api/v1/users/admin/password", new { });
        Assert.Equal("forbidden", await CodeAsync(refused, HttpStatusCode.Forbidden));
    }

    [Fact]
    public async Task Through_the_socket_a_token_is_made_for_a_named_account()
    {
        using var made = await _host.Local.PostAsJsonAsync("/api/v1/tokens", new { name = "cli", user = "admin", role = "administrator" });
        using var admin = _host.With((string)(await ApiHost.JsonAsync(made))["token"]!);
        using var users = await admin.GetAsync("/api/v1/users");
        Assert.Equal(HttpStatusCode.OK, users.StatusCode);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return (string?)(await ApiHost.JsonAsync(answer))["code"];
    }
}
