namespace Hanse.Coordinator.Access;

/// <summary>Limits of accounts and tokens.</summary>
public sealed record AccessOptions
{
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Life of an API token for which nobody says.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>No API token lives longer.</summary>
    public TimeSpan MaximumTokenLifetime { get; init; } = TimeSpan.FromDays(3650);

    /// <summary>Failures in a row after which an account is locked.</summary>
    public int AttemptLimit { get; init; } = 5;

    public TimeSpan Lockout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The folder whose owner is administrator through the Unix socket (J6); null where there is no socket.</summary>
    public string? SocketFolder { get; init; }
}
