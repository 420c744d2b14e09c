using System.Globalization;
using System.Security.Claims;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Access;

/// <summary>Logging in and out.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this RouteGroupBuilder api)
    {
        api.MapPost("/session", OpenAsync).AllowAnonymous().WithName("OpenSession").WithSummary("Logs in");
        api.MapDelete("/session", CloseAsync).RequireAuthorization(AccessPolicies.Viewer).WithName("CloseSession").WithSummary("Logs out");
        api.MapGet("/me", Me).RequireAuthorization(AccessPolicies.Viewer).WithName("GetMe").WithSummary("Who the caller is");
    }

    private static async Task<Results<Ok<SessionView>, ProblemHttpResult>> OpenAsync(
        SessionRequest request, SignIn signIn, HttpContext context, CancellationToken cancellation)
    {
        if (request.UserName.Length > NameText.MaximumLength || request.Password.Length > 1024)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "userName", "The name or the password is longer than any account's.");
        }

        switch (await signIn.OpenAsync(request.UserName, request.Password, ActorContext.SourceOf(context), cancellation))
        {
            case SignInOutcome.Opened opened:
                return TypedResults.Ok(new SessionView(opened.Token, opened.ExpiresAt, UserView.Of(opened.User)));
            case SignInOutcome.Locked locked:
                var wait = TimeSpan.FromSeconds(Math.Ceiling(Math.Max(1, locked.Retry.TotalSeconds)));
                context.Response.Headers.RetryAfter = wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);
                return Problems.Of(StatusCodes.Status423Locked, ErrorCodes.AccountLocked,
                    $"Too many wrong passwords, so the account is locked. Wait {DurationText.Format(wait)}, or reset the password on the coordinator "
                    + "with `hanse user password`.");
            case SignInOutcome.Busy:
                context.Response.Headers.RetryAfter = "1";
                return Problems.Of(StatusCodes.Status429TooManyRequests, ErrorCodes.TooManyRequests, "Too many logins at once. Try again in a second.");
            default:
                return Problems.Unauthenticated(ErrorCodes.CredentialsInvalid, "The name or the password is wrong.");
        }
    }

    private static async Task<NoContent> CloseAsync(ActorContext actor, TokenStore tokens, CancellationToken cancellation)
    {
        if (actor is { TokenId: { } token, AccountId: { } user })
        {
            await tokens.RevokeAsync(user, token, actor.ForAudit(), cancellation);
        }

        return TypedResults.NoContent();
    }

    private static Ok<MeView> Me(ActorContext actor, ClaimsPrincipal caller) =>
        TypedResults.Ok(new MeView(actor.Account, caller.FindFirstValue(ClaimTypes.Role) ?? "", actor.TokenId?.ToString("n")));
}
