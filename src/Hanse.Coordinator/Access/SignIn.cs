using Hanse.Coordinator.Access.Api;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;

namespace Hanse.Coordinator.Access;

/// <summary>Opens sessions. Guarantees: an account takes no more than the limit of wrong passwords, also when they come at once; a
/// wrong name costs the same time as a wrong password; hashing never takes every processor.</summary>
internal sealed partial class SignIn(
    UserManager<AccessUser> users, AccountStore accounts, TokenStore tokens, SignInGate gate, AccessOptions options, TimeProvider clock,
    ILogger<SignIn> logger)
{
    public async Task<SignInOutcome> OpenAsync(string userName, string password, string source, CancellationToken cancellation)
    {
        using var turn = await gate.TryEnterAsync(cancellation);
        if (turn is null)
        {
            return new SignInOutcome.Busy();
        }

        var user = await users.FindByNameAsync(userName);
        if (user is null)
        {
            users.PasswordHasher.VerifyHashedPassword(new(), gate.DummyHash(users.PasswordHasher), password);
            LogRefused("unknown-user", source);
            return new SignInOutcome.Refused();
        }

        var now = clock.GetUtcNow();
        if (!await accounts.TryReserveAttemptAsync(user.Id, options.AttemptLimit, now + options.Lockout, now, cancellation))
        {
            LogLocked(user.UserName, source);
            var current = await users.FindByIdAsync(user.Id.ToString("n"));
            return new SignInOutcome.Locked((current?.LockoutEnd ?? now + options.Lockout) - now);
        }

        if (!await users.CheckPasswordAsync(user, password))
        {
            LogRefused(user.UserName, source);
            await accounts.NoteRefusalAsync(user, source, cancellation);
            return new SignInOutcome.Refused();
        }

        await accounts.ForgetFailuresAsync(user.Id, cancellation);
        return await OpenAsync(user, source, now, cancellation);
    }

    private async Task<SignInOutcome> OpenAsync(AccessUser user, string source, DateTimeOffset now, CancellationToken cancellation)
    {
        var text = TokenText.New();
        var token = new AccessToken
        {
            Id = TokenText.NewId(), UserId = user.Id, Kind = "session", Name = $"login from {source}", Role = user.Role, CreatedAt = now,
            ExpiresAt = now + options.SessionLifetime,
        };
        var actor = new ActorContext(user.UserName, token.Id, source) { AccountId = user.Id }.ForAudit();
        await tokens.CreateAsync(token, TokenText.Hash(text), actor, cancellation);
        return new SignInOutcome.Opened(user, text, token.ExpiresAt);
    }

    [LoggerMessage(EventId = 4101, EventName = "login-refused", Level = LogLevel.Warning, Message = "Login of {Account} from {Source} refused")]
    private partial void LogRefused(string account, string source);

    [LoggerMessage(EventId = 4102, EventName = "login-locked", Level = LogLevel.Warning, Message = "Login of {Account} from {Source}: the account is locked")]
    private partial void LogLocked(string account, string source);
}
