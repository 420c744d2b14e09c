using Dapper;
using Hanse.Audit;
using Npgsql;

namespace Hanse.Coordinator.Access;

/// <summary>Changes of accounts, each in one transaction with its audit entry (invariant 6), and the count of attempts.</summary>
internal sealed class AccountStore(NpgsqlDataSource database, IAuditLog audit)
{
    private const string Insert =
        """
        insert into access_user (id, user_name, normalized_name, role, password_hash, security_stamp, created_at, password_changed_at)
        values (@Id, @UserName, @NormalizedName, @Role, @PasswordHash, @SecurityStamp, @CreatedAt, @CreatedAt)
        on conflict (normalized_name) do nothing
        """;

    private const string SetPassword =
        """
        update access_user set password_hash = @hash, security_stamp = @stamp, password_changed_at = @now, failed_count = 0, lockout_end = null
        where id = @id
        """;

    // Counted before the password is looked at: of many attempts at once no more than the limit get as far as the hash.
    private const string Reserve =
        """
        update access_user
        set failed_count = case when lockout_end is not null then 1 else failed_count + 1 end,
            lockout_end = case when lockout_end is null and failed_count + 1 >= @limit then @until end
        where id = @id and (lockout_end is null or lockout_end <= @now)
        """;

    private const string ForgetFailures = "update access_user set failed_count = 0, lockout_end = null where id = @id";

    public async Task<IReadOnlyList<AccessUser>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var users = await connection.QueryAsync<AccessUser>(new CommandDefinition(
            $"select {AccessUserStore.Columns} from access_user order by normalized_name", cancellationToken: cancellation));
        return users.AsList();
    }

    /// <summary>False when the name is taken.</summary>
    public Task<bool> CreateAsync(AccessUser user, AuditActor actor, CancellationToken cancellation) =>
        InTransactionAsync(Entry("user.create", actor, user), (connection, transaction) =>
            connection.ExecuteAsync(new CommandDefinition(Insert, user, transaction, cancellationToken: cancellation)), cancellation);

    /// <summary>Creates the account if there is none at all; false when there is. Safe when replicas start at once.</summary>
    public Task<bool> CreateFirstAsync(AccessUser user, CancellationToken cancellation) =>
        InTransactionAsync(Entry("user.create", AuditActor.Coordinator, user) with { Reason = "first start" }, async (connection, transaction) =>
        {
            await connection.ExecuteAsync(new CommandDefinition("lock table access_user in share row exclusive mode", transaction: transaction,
                cancellationToken: cancellation));
            var any = await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select from access_user)",
                transaction: transaction, cancellationToken: cancellation));
            return any ? 0 : await connection.ExecuteAsync(new CommandDefinition(Insert, user, transaction, cancellationToken: cancellation));
        }, cancellation);

    /// <summary>Sets the password, lifts a lockout and ends every session; API tokens stay, and are listed for whoever doubts them.</summary>
    public Task<bool> SetPasswordAsync(AccessUser user, string hash, string stamp, DateTimeOffset now, AuditActor actor, CancellationToken cancellation) =>
        InTransactionAsync(Entry("user.password", actor, user), async (connection, transaction) =>
        {
            await connection.ExecuteAsync(new CommandDefinition("delete from access_token where user_id = @Id and kind = 'session'", user, transaction,
                cancellationToken: cancellation));
            return await connection.ExecuteAsync(new CommandDefinition(SetPassword, new { user.Id, hash, stamp, now }, transaction,
                cancellationToken: cancellation));
        }, cancellation);

    /// <summary>Takes one of the attempts that are left. False when the account is locked at <paramref name="now"/>.</summary>
    public async Task<bool> TryReserveAttemptAsync(Guid id, int limit, DateTimeOffset until, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(Reserve, new { id, limit, until, now }, cancellationToken: cancellation)) == 1;
    }

    /// <summary>Notes a wrong password. Lockout bounds how many there are of an account; wrong names are only logged, because nothing bounds those.</summary>
    public Task NoteRefusalAsync(AccessUser user, string source, CancellationToken cancellation) =>
        InTransactionAsync(
            new AuditEvent("session.open", new AuditActor(user.UserName, user.Id.ToString("n"), SourceAddress: source)) { Outcome = "refused" },
            (_, _) => Task.FromResult(1), cancellation);

    public async Task ForgetFailuresAsync(Guid id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(ForgetFailures, new { id }, cancellationToken: cancellation));
    }

    private static AuditEvent Entry(string operation, AuditActor actor, AccessUser user) => new(operation, actor)
    {
        Outcome = "done",
        Detail = new Dictionary<string, string> { ["user"] = user.UserName, ["role"] = user.Role },
    };

    private async Task<bool> InTransactionAsync(
        AuditEvent entry, Func<NpgsqlConnection, NpgsqlTransaction, Task<int>> change, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await change(connection, transaction) == 0)
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, entry, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }
}
