using Dapper;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace Hanse.Coordinator.Access;

/// <summary>Accounts in PostgreSQL, as the store that <see cref="UserManager{TUser}"/> asks for. What must be atomic with an audit
/// entry (creation, passwords) is written by <see cref="AccountStore"/> instead; here is what Identity does by itself.</summary>
internal sealed class AccessUserStore(NpgsqlDataSource database) : IUserPasswordStore<AccessUser>, IUserSecurityStampStore<AccessUser>
{
    internal const string Columns =
        """
        id, user_name as "UserName", normalized_name as "NormalizedName", role as "Role", password_hash as "PasswordHash",
        security_stamp as "SecurityStamp", failed_count as "FailedCount", lockout_end as "LockoutEnd", created_at as "CreatedAt",
        password_changed_at as "PasswordChangedAt"
        """;

    private const string Rehash = "update access_user set password_hash = @PasswordHash where id = @Id and security_stamp = @SecurityStamp";

    public Task<AccessUser?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        FindAsync("id = @key", Guid.Parse(userId), cancellationToken);

    public Task<AccessUser?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        FindAsync("normalized_name = @key", normalizedUserName, cancellationToken);

    /// <summary>Identity updates an account only to store a stronger hash of the same password; a password changed meanwhile wins.</summary>
    public async Task<IdentityResult> UpdateAsync(AccessUser user, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(Rehash, user, cancellationToken: cancellationToken));
        return IdentityResult.Success;
    }

    public Task<IdentityResult> CreateAsync(AccessUser user, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Accounts are created by AccountStore, together with their audit entry.");

    public Task<IdentityResult> DeleteAsync(AccessUser user, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Accounts are deleted by AccountStore, together with their audit entry.");

    public Task<string> GetUserIdAsync(AccessUser user, CancellationToken cancellationToken) => Task.FromResult(user.Id.ToString("n"));

    public Task<string?> GetUserNameAsync(AccessUser user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.UserName);

    public Task SetUserNameAsync(AccessUser user, string? userName, CancellationToken cancellationToken)
    {
        user.UserName = userName ?? "";
        return Task.CompletedTask;
    }

    public Task<string?> GetNormalizedUserNameAsync(AccessUser user, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(user.NormalizedName);

    public Task SetNormalizedUserNameAsync(AccessUser user, string? normalizedName, CancellationToken cancellationToken)
    {
        user.NormalizedName = normalizedName ?? "";
        return Task.CompletedTask;
    }

    public Task SetPasswordHashAsync(AccessUser user, string? passwordHash, CancellationToken cancellationToken)
    {
        user.PasswordHash = passwordHash ?? "";
        return Task.CompletedTask;
    }

    public Task<string?> GetPasswordHashAsync(AccessUser user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.PasswordHash);

    public Task<bool> HasPasswordAsync(AccessUser user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash.Length > 0);

    public Task SetSecurityStampAsync(AccessUser user, string stamp, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string?> GetSecurityStampAsync(AccessUser user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.SecurityStamp);

    public void Dispose()
    {
        // The data source belongs to the process.
    }

    private async Task<AccessUser?> FindAsync(string condition, object key, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<AccessUser>(
            new CommandDefinition($"select {Columns} from access_user where {condition}", new { key }, cancellationToken: cancellation));
    }
}
