using System.Globalization;
using System.Security.Claims;
using Hanse.Coordinator.Access.Api;

namespace Hanse.Coordinator.Access.Schemes;

/// <summary>Identities as claims: name, role, and by what they came.</summary>
internal static class AccessClaims
{
    // No account's name has a colon, so this is nobody's but a peer's on the Unix socket (J6).
    private const string LocalName = "local:";

    /// <summary>Whether the caller came through the Unix socket.</summary>
    public static bool IsLocal(ClaimsPrincipal caller) => caller.Identity is { IsAuthenticated: true, Name: { } name }
        && name.StartsWith(LocalName, StringComparison.Ordinal);

    public static ClaimsIdentity Of(TokenIdentity token) => Identity(BearerScheme.SchemeName, token.UserName, token.Role,
        new(ActorContext.TokenIdClaim, token.TokenId.ToString("n")), new(ActorContext.AccountIdClaim, token.UserId.ToString("n")));

    public static ClaimsIdentity OfLocal(uint uid) => Identity(
        LocalScheme.SchemeName, LocalName + uid.ToString(CultureInfo.InvariantCulture), AccessPolicies.Administrator);

    private static ClaimsIdentity Identity(string scheme, string name, string role, params Claim[] more) =>
        new([new(ClaimTypes.Name, name), new(ClaimTypes.Role, role), .. more], scheme, ClaimTypes.Name, ClaimTypes.Role);
}
