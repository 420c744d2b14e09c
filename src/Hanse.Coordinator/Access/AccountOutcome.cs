namespace Hanse.Coordinator.Access;

/// <summary>What became of a change of an account.</summary>
internal abstract record AccountOutcome
{
    /// <param name="User">The account.</param>
    /// <param name="GeneratedPassword">To be shown once; null when the caller gave the password.</param>
    public sealed record Done(AccessUser User, string? GeneratedPassword) : AccountOutcome;

    public sealed record NameInvalid : AccountOutcome;

    public sealed record NameTaken : AccountOutcome;

    public sealed record RoleUnknown : AccountOutcome;

    public sealed record PasswordWeak(string Why) : AccountOutcome;

    public sealed record NotFound : AccountOutcome;
}
