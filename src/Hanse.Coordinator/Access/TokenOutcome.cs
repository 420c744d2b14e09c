namespace Hanse.Coordinator.Access;

/// <summary>What became of a wish for a token.</summary>
internal abstract record TokenOutcome
{
    public sealed record Made(CreatedTokenView View) : TokenOutcome;

    public sealed record NameInvalid : TokenOutcome;

    public sealed record NameTaken : TokenOutcome;

    public sealed record RoleRefused : TokenOutcome;

    public sealed record TtlInvalid(TimeSpan Maximum) : TokenOutcome;
}
