using System.Text.Json.Serialization;

namespace Hanse.Coordinator.Access;

internal sealed record SessionRequest([property: JsonRequired] string UserName, [property: JsonRequired] string Password);

internal sealed record SessionView(string Token, DateTimeOffset ExpiresAt, UserView User);

internal sealed record UserView(string Id, string UserName, string Role, DateTimeOffset CreatedAt)
{
    public static UserView Of(AccessUser user) => new(user.Id.ToString("n"), user.UserName, user.Role, user.CreatedAt);
}

/// <summary>The caller. The token is null through the Unix socket.</summary>
internal sealed record MeView(string UserName, string Role, string? TokenId);

internal sealed record UserRequest([property: JsonRequired] string UserName, [property: JsonRequired] string Role, string? Password = null);

/// <summary>A password that was generated is in this answer and nowhere else.</summary>
internal sealed record CreatedUserView(UserView User, string? Password);

internal sealed record PasswordRequest(string? Password = null);

/// <summary>Role and life have defaults: the caller's role, 90 days. Through the Unix socket, where nobody is logged in, the user is named.</summary>
internal sealed record TokenRequest([property: JsonRequired] string Name, string? Role = null, TimeSpan? Ttl = null, string? User = null);

internal sealed record TokenView(
    string Id, string Kind, string Name, string Role, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt)
{
    public static TokenView Of(AccessToken token) =>
        new(token.Id.ToString("n"), token.Kind, token.Name, token.Role, token.CreatedAt, token.ExpiresAt, token.LastUsedAt);
}

/// <summary>The token itself is in this answer and nowhere else.</summary>
internal sealed record CreatedTokenView(string Id, string Name, string Role, string Token, DateTimeOffset ExpiresAt);
