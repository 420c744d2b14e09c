using Dapper;
using Hanse.Audit;
using Npgsql;

namespace Hanse.Coordinator.Access;

/// <summary>Tokens of sessions and programs. Making and revoking one is audited in the same transaction.</summary>
internal sealed class TokenStore(NpgsqlDataSource database, IAuditLog audit)
{
    private const string Columns =
        """
        id, user_id as "UserId", kind, name, role, created_at as "CreatedAt", expires_at as "ExpiresAt", last_used_at as "LastUsedAt"
        """;

    private const string Insert =
        """
        insert into access_token (id, user_id, kind, name, role, token_hash, created_at, expires_at)
        values (@Id, @UserId, @Kind, @Name, @Role, @hash, @CreatedAt, @ExpiresAt)
        on conflict do nothing
        """;

    private const string Find =
        """
        select t.id as "TokenId", u.id as "UserId", u.user_name as "UserName", t.role as "TokenRole", u.role as "UserRole",
               t.expires_at as "ExpiresAt", t.last_used_at as "LastUsedAt"
        from access_token t join access_user u on u.id = t.user_id
        where t.token_hash = @hash and t.expires_at > @now
        """;

    /// <summary>Null when no token has this hash, or it expired.</summary>
    public async Task<TokenIdentity?> FindAsync(byte[] hash, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<TokenIdentity>(new CommandDefinition(Find, new { hash, now }, cancellationToken: cancellation));
    }

    public async Task TouchAsync(Guid id, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition("update access_token set last_used_at = @now where id = @id", new { id, now },
            cancellationToken: cancellation));
    }

    public async Task<IReadOnlyList<AccessToken>> ListAsync(Guid user, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var tokens = await connection.QueryAsync<AccessToken>(new CommandDefinition(
            $"select {Columns} from access_token where user_id = @user and expires_at > @now order by created_at, id",
            new { user, now }, cancellationToken: cancellation));
        return tokens.AsList();
    }

    /// <summary>False when the account has a token of this name. What expired before is cleared away on the way.</summary>
    public async Task<bool> CreateAsync(AccessToken token, byte[] hash, AuditActor actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition("delete from access_token where user_id = @UserId and expires_at <= @CreatedAt", token,
            transaction, cancellationToken: cancellation));
        var created = await connection.ExecuteAsync(new CommandDefinition(Insert,
            new { token.Id, token.UserId, token.Kind, token.Name, token.Role, token.CreatedAt, token.ExpiresAt, hash }, transaction,
            cancellationToken: cancellation));
        if (created == 0)
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, Entry(token.Kind == "session" ? "session.open" : "token.create", actor, token), cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>False when the account has no such token.</summary>
    public async Task<bool> RevokeAsync(Guid user, Guid id, AuditActor actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var token = await connection.QuerySingleOrDefaultAsync<AccessToken>(new CommandDefinition(
            $"delete from access_token where user_id = @user and id = @id returning {Columns}", new { user, id }, transaction,
            cancellationToken: cancellation));
        if (token is null)
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, Entry(token.Kind == "session" ? "session.close" : "token.revoke", actor, token), cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static AuditEvent Entry(string operation, AuditActor actor, AccessToken token) => new(operation, actor)
    {
        Outcome = "done",
        Detail = new Dictionary<string, string> { ["token"] = token.Id.ToString("n"), ["name"] = token.Name, ["role"] = token.Role },
    };
}
