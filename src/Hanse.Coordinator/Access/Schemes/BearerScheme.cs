using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hanse.Coordinator.Access.Schemes;

/// <summary>Authenticates <c>Authorization: Bearer hanse_…</c>, of sessions and programs alike.</summary>
internal sealed class BearerScheme(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenStore tokens, TimeProvider clock)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "bearer";

    // "Last used" is for people: to the minute is enough, and spares a write per request.
    private static readonly TimeSpan TouchAfter = TimeSpan.FromMinutes(1);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        const string Lead = "Bearer ";
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Lead, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.NoResult();
        }

        var text = header[Lead.Length..].Trim();
        if (!text.StartsWith(TokenText.Prefix, StringComparison.Ordinal) || text.Length > 100)
        {
            return AuthenticateResult.Fail("Not a token of this server.");
        }

        var now = clock.GetUtcNow();
        if (await tokens.FindAsync(TokenText.Hash(text), now, Context.RequestAborted) is not { } found)
        {
            return AuthenticateResult.Fail("The token is unknown, revoked or expired.");
        }

        if (found.LastUsedAt is not { } last || now - last >= TouchAfter)
        {
            await tokens.TouchAsync(found.TokenId, now, Context.RequestAborted);
        }

        return AuthenticateResult.Success(new(new(AccessClaims.Of(found)), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return base.HandleChallengeAsync(properties);
    }
}
