using System.Security.Claims;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Access.Schemes;
using Hanse.Coordinator.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Access;

/// <summary>API tokens: everyone has their own, with at most their own role.</summary>
internal static class TokenEndpoints
{
    public static void MapTokens(this RouteGroupBuilder api)
    {
        api.MapGet("/tokens", ListAsync).RequireAuthorization(AccessPolicies.Viewer).WithName("ListTokens").WithSummary("The caller's tokens");
        api.MapPost("/tokens", CreateAsync).RequireAuthorization(AccessPolicies.Viewer).WithName("CreateToken").WithSummary("Makes an API token");
        api.MapDelete("/tokens/{id}", RevokeAsync).RequireAuthorization(AccessPolicies.Viewer).WithName("RevokeToken").WithSummary("Revokes a token");
    }

    private static async Task<Ok<Page<TokenView>>> ListAsync(
        ActorContext actor, TokenStore tokens, TimeProvider clock, CancellationToken cancellation)
    {
        IReadOnlyList<AccessToken> found = actor.AccountId is { } user ? await tokens.ListAsync(user, clock.GetUtcNow(), cancellation) : [];
        return TypedResults.Ok(new Page<TokenView>(found.Select(TokenView.Of).ToArray(), null));
    }

    private static async Task<Results<Created<CreatedTokenView>, ProblemHttpResult>> CreateAsync(
        TokenRequest request, ActorContext actor, ClaimsPrincipal caller, TokenDesk desk, UserManager<AccessUser> users, CancellationToken cancellation)
    {
        if (request.User is not null && !AccessClaims.IsLocal(caller))
        {
            return Problems.Forbidden(ErrorCodes.Forbidden, "A token is made for oneself. Leave out `user`.");
        }

        var name = request.User ?? caller.Identity?.Name ?? "";
        if (await users.FindByNameAsync(name) is not { } owner)
        {
            return Problems.NotFound(ErrorCodes.UserNotFound,
                "A token belongs to an account, and there is no such account. Through the Unix socket, name one with `user`.", "user");
        }

        var limit = caller.IsInRole(AccessPolicies.Administrator) ? owner.Role : AccessPolicies.Viewer;
        return await desk.CreateAsync(request, owner, limit, actor.ForAudit(), cancellation) switch
        {
            TokenOutcome.Made made => TypedResults.Created($"{ApiGroup.Prefix}/tokens/{made.View.Id}", made.View),
            TokenOutcome.NameTaken => Problems.Conflict(ErrorCodes.NameTaken, "There is a token of this name. Revoke it or choose another.", "name"),
            TokenOutcome.NameInvalid => Problems.Invalid(ErrorCodes.NameInvalid, "name", $"This is not a name: {NameText.Rule}."),
            TokenOutcome.TtlInvalid invalid => Problems.Invalid(ErrorCodes.RequestInvalid, "ttl",
                $"A token lives between 1s and {DurationText.Format(invalid.Maximum)}."),
            _ => Problems.Invalid(ErrorCodes.RoleUnknown, "role", $"Choose a role this account has: viewer{(limit == "viewer" ? "" : " or administrator")}."),
        };
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(
        string id, ActorContext actor, TokenStore tokens, CancellationToken cancellation) =>
        Guid.TryParseExact(id, "n", out var token) && actor.AccountId is { } user
            && await tokens.RevokeAsync(user, token, actor.ForAudit(), cancellation)
            ? TypedResults.NoContent()
            : Problems.NotFound(ErrorCodes.TokenNotFound, "The caller has no such token. GET /api/v1/tokens lists them.");
}
