using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Access;

/// <summary>Accounts, and the way back in when nobody knows a password (J6).</summary>
internal static class UserEndpoints
{
    public static void MapUsers(this RouteGroupBuilder api)
    {
        api.MapGet("/users", ListAsync).RequireAuthorization(AccessPolicies.Administrator).WithName("ListUsers").WithSummary("All accounts");
        api.MapPost("/users", CreateAsync).RequireAuthorization(AccessPolicies.Administrator).WithName("CreateUser").WithSummary("Makes an account");
        api.MapPost("/users/{name}/password", SetPasswordAsync).RequireAuthorization(AccessPolicies.Local).WithName("SetPassword")
            .WithSummary("Sets an account's password; through the Unix socket only");
    }

    private static async Task<Ok<Page<UserView>>> ListAsync(AccountStore accounts, CancellationToken cancellation) =>
        TypedResults.Ok(new Page<UserView>((await accounts.ListAsync(cancellation)).Select(UserView.Of).ToArray(), null));

    private static async Task<Results<Created<CreatedUserView>, ProblemHttpResult>> CreateAsync(
        UserRequest request, ActorContext actor, Accounts accounts, CancellationToken cancellation)
    {
        var outcome = await accounts.CreateAsync(request.UserName, request.Role, request.Password, actor.ForAudit(), cancellation);
        return outcome is AccountOutcome.Done done
            ? TypedResults.Created($"{ApiGroup.Prefix}/users/{done.User.UserName}", new CreatedUserView(UserView.Of(done.User), done.GeneratedPassword))
            : Refusal(outcome);
    }

    private static async Task<Results<Ok<CreatedUserView>, ProblemHttpResult>> SetPasswordAsync(
        string name, PasswordRequest request, ActorContext actor, Accounts accounts, CancellationToken cancellation)
    {
        var outcome = await accounts.SetPasswordAsync(name, request.Password, actor.ForAudit(), cancellation);
        return outcome is AccountOutcome.Done done
            ? TypedResults.Ok(new CreatedUserView(UserView.Of(done.User), done.GeneratedPassword))
            : Refusal(outcome);
    }

    private static ProblemHttpResult Refusal(AccountOutcome outcome) => outcome switch
    {
        AccountOutcome.NameInvalid => Problems.Invalid(ErrorCodes.NameInvalid, "userName", $"This is not a name: {NameText.Rule}."),
        AccountOutcome.NameTaken => Problems.Conflict(ErrorCodes.NameTaken, "There is an account of this name. Choose another.", "userName"),
        AccountOutcome.RoleUnknown => Problems.Invalid(ErrorCodes.RoleUnknown, "role", "The role is viewer or administrator."),
        AccountOutcome.PasswordWeak weak => Problems.Invalid(ErrorCodes.PasswordTooWeak, "password", $"{weak.Why} Leave it out to have one generated."),
        _ => Problems.NotFound(ErrorCodes.UserNotFound, "There is no such account. GET /api/v1/users lists them.", "name"),
    };
}
