namespace Hanse.Coordinator.Access;

/// <summary>Whom a valid token speaks for. A token never gives more than its account has now.</summary>
internal sealed record TokenIdentity
{
    public Guid TokenId { get; init; }

    public Guid UserId { get; init; }

    public string UserName { get; init; } = "";

    public string TokenRole { get; init; } = "";

    public string UserRole { get; init; } = "";

    public DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    public string Role => TokenRole == UserRole ? UserRole : Api.AccessPolicies.Viewer;
}
