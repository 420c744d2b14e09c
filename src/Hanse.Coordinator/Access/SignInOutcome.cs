namespace Hanse.Coordinator.Access;

/// <summary>What became of a login.</summary>
internal abstract record SignInOutcome
{
    public sealed record Opened(AccessUser User, string Token, DateTimeOffset ExpiresAt) : SignInOutcome;

    /// <summary>Wrong name or wrong password: the answer does not say which.</summary>
    public sealed record Refused : SignInOutcome;

    public sealed record Locked(TimeSpan Retry) : SignInOutcome;

    /// <summary>Too many logins are being checked at once.</summary>
    public sealed record Busy : SignInOutcome;
}
