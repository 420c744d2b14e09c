using Dapper;
using Npgsql;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>The customer key and, during an overlap, the one before (J3). Both sealed.</summary>
internal sealed class CustomerKeyStore(TimeProvider time)
{
    /// <summary>Until when the key before is valid, with every other rotation kept out until the transaction ends.</summary>
    public async Task<DateTimeOffset?> LockAsync(NpgsqlTransaction transaction, CancellationToken cancellation) =>
        await transaction.Connection!.QuerySingleAsync<DateTime?>(new CommandDefinition(
            "select previous_customer_key_until from enrollment_federation for update", transaction: transaction, cancellationToken: cancellation))
            is { } until ? new DateTimeOffset(until, TimeSpan.Zero) : null;

    /// <param name="transaction">The caller's.</param>
    /// <param name="sealedKey">The new key.</param>
    /// <param name="until">How long the old one stays; null erases it, and one before that, at once.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public Task RotateAsync(NpgsqlTransaction transaction, byte[] sealedKey, DateTimeOffset? until, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            update enrollment_federation
            set sealed_previous_customer_key = case when @until::timestamptz is null then null else sealed_customer_key end,
                previous_customer_key_until = @until, sealed_customer_key = @sealedKey, customer_key_made_at = @now
            """,
            new { sealedKey, until, now = time.GetUtcNow() }, transaction, cancellationToken: cancellation));
}
