using Hanse.Coordinator.Access.Api;
using Hanse.Audit;
using Hanse.Protocol.Text;
using Microsoft.AspNetCore.Identity;

namespace Hanse.Coordinator.Access;

/// <summary>Makes accounts and sets passwords, by Identity's rules.</summary>
internal sealed class Accounts(UserManager<AccessUser> users, AccountStore store, TimeProvider clock)
{
    /// <summary>Creates an account, with a generated password when none is given.</summary>
    public async Task<AccountOutcome> CreateAsync(string userName, string role, string? password, AuditActor actor, CancellationToken cancellation)
    {
        if (!NameText.IsValid(userName))
        {
            return new AccountOutcome.NameInvalid();
        }

        if (role is not (AccessPolicies.Administrator or AccessPolicies.Viewer))
        {
            return new AccountOutcome.RoleUnknown();
        }

        var user = NewUser(userName, role);
        if (await WeaknessAsync(user, password) is { } weak)
        {
            return weak;
        }

        var given = password ?? TokenText.NewPassword();
        user.PasswordHash = users.PasswordHasher.HashPassword(user, given);
        return await store.CreateAsync(user, actor, cancellation)
            ? new AccountOutcome.Done(user, password is null ? given : null)
            : new AccountOutcome.NameTaken();
    }

    /// <summary>Sets the password, a generated one when none is given; ends the account's sessions.</summary>
    public async Task<AccountOutcome> SetPasswordAsync(string userName, string? password, AuditActor actor, CancellationToken cancellation)
    {
        if (await users.FindByNameAsync(userName) is not { } user)
        {
            return new AccountOutcome.NotFound();
        }

        if (await WeaknessAsync(user, password) is { } weak)
        {
            return weak;
        }

        var given = password ?? TokenText.NewPassword();
        var hash = users.PasswordHasher.HashPassword(user, given);
        await store.SetPasswordAsync(user, hash, NewStamp(), clock.GetUtcNow(), actor, cancellation);
        return new AccountOutcome.Done(user, password is null ? given : null);
    }

    /// <summary>Creates <c>admin</c> when there is no account at all, and answers its password; null when there is one.</summary>
    public async Task<string?> CreateFirstAsync(CancellationToken cancellation)
    {
        var password = TokenText.NewPassword();
        var user = NewUser("admin", AccessPolicies.Administrator);
        user.PasswordHash = users.PasswordHasher.HashPassword(user, password);
        return await store.CreateFirstAsync(user, cancellation) ? password : null;
    }

    private async Task<AccountOutcome?> WeaknessAsync(AccessUser user, string? password)
    {
        if (password is null)
        {
            return null;
        }

        foreach (var validator in users.PasswordValidators)
        {
            var judged = await validator.ValidateAsync(users, user, password);
            if (!judged.Succeeded)
            {
                return new AccountOutcome.PasswordWeak(string.Join(' ', judged.Errors.Select(e => e.Description)));
            }
        }

        return null;
    }

    private AccessUser NewUser(string userName, string role) => new()
    {
        Id = TokenText.NewId(), UserName = userName, NormalizedName = users.NormalizeName(userName), Role = role, SecurityStamp = NewStamp(),
        CreatedAt = clock.GetUtcNow(),
    };

    private static string NewStamp() => TokenText.NewId().ToString("n");
}
