namespace Hanse.Coordinator.Access;

/// <summary>A token as it is stored: everything but the token.</summary>
internal sealed record AccessToken
{
    public Guid Id { get; init; }

    public Guid UserId { get; init; }

    /// <summary><c>session</c> or <c>api</c>.</summary>
    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    public string Role { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }
}
