using Hanse.Coordinator.Access.Api;

namespace Hanse.Coordinator.Access;

/// <summary>An account, as ASP.NET Core Identity handles it.</summary>
internal sealed class AccessUser
{
    public Guid Id { get; set; }

    public string UserName { get; set; } = "";

    public string NormalizedName { get; set; } = "";

    public string Role { get; set; } = AccessPolicies.Viewer;

    public string PasswordHash { get; set; } = "";

    public string SecurityStamp { get; set; } = "";

    public int FailedCount { get; set; }

    public DateTimeOffset? LockoutEnd { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset PasswordChangedAt { get; set; }
}
