using Dapper;
using Hanse.Authority.Joining;
using Hanse.Authority.Sealing;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>The federation's row, roots, intermediates and tokens.</summary>
internal sealed class FederationStore(NpgsqlDataSource database, TimeProvider time) : INodeTokens
{
    /// <summary>Makes the federation where there is none, once however many replicas start together.</summary>
    public async Task<FederationRow> EnsureAsync(Func<(SealedRoot Root, byte[] SealedCustomerKey)> create, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "lock table enrollment_federation in exclusive mode", transaction: transaction, cancellationToken: cancellation));
        if (await FindAsync(connection, transaction, cancellation) is null)
        {
            var (root, customerKey) = create();
            await connection.ExecuteAsync(new CommandDefinition(
                """
                insert into enrollment_federation (federation_id, incarnation, incarnation_number, trust_generation, sealed_customer_key, customer_key_made_at, created_at)
                values (@federation, @incarnation, 1, 1, @customerKey, @now, @now);
                insert into enrollment_root (position, certificate, sealed_key, created_at) values (0, @Certificate, @SealedKey, @now);
                """,
                new
                {
                    federation = root.Federation.Value, incarnation = FederationId.New().Value, customerKey, root.Certificate, root.SealedKey,
                    now = time.GetUtcNow(),
                },
                transaction, cancellationToken: cancellation));
        }

        await transaction.CommitAsync(cancellation);
        return (await FindAsync(connection, null, cancellation))!;
    }

    /// <summary>The federation as it is now.</summary>
    public async Task<FederationRow> FindAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await FindAsync(connection, null, cancellation))!;
    }

    /// <summary>Whether this database was restored and the recovery is not over (U5).</summary>
    public async Task<bool> IsRecoveringAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<bool>(new CommandDefinition(
            "select exists (select from recovery_state where finished_at is null)", cancellationToken: cancellation));
    }

    /// <summary>This life's number goes above the one that a node has seen (U5).</summary>
    public async Task OutliveAsync(long number, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update enrollment_federation set incarnation_number = @number + 1 where incarnation_number <= @number", new { number }, cancellationToken: cancellation));
    }

    /// <summary>Those of removed sites too: they are told that they are banned, not that nobody knows them (T6).</summary>
    public async Task<IReadOnlyList<byte[]>> IntermediatesAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<byte[]>(new CommandDefinition(
            "select certificate from enrollment_intermediate order by created_at desc",
            cancellationToken: cancellation))).AsList();
    }

    public async Task AddIntermediateAsync(SpkiHash spki, SiteId? site, byte[] certificate, DateTimeOffset notAfter, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await AddIntermediateAsync(connection, null, spki, site, certificate, notAfter, cancellation);
    }

    public Task AddTokenAsync(NpgsqlTransaction transaction, JoinTokenState token, NodeKind kind, Guid node, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into enrollment_token (token_hash, kind, node_id, expires_at, created_at) values (@Digest, @kind, @node, @Expires, @now)",
            new { token.Digest, kind = (short)kind, node, token.Expires, now = time.GetUtcNow() }, transaction, cancellationToken: cancellation));

    /// <summary>Voids every token of a node. A redemption that is under way holds the token's row, so it comes before or after, never between.</summary>
    public Task RemoveAsync(NpgsqlTransaction transaction, Guid node, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "delete from enrollment_token where node_id = @node", new { node }, transaction, cancellationToken: cancellation));

    /// <summary>Redeems a token (J2): what the first redemption gave is given again to the same key.</summary>
    /// <param name="digest">SHA-256 of the token.</param>
    /// <param name="kind">Whose token it must be.</param>
    /// <param name="key">Of the request's CSR.</param>
    /// <param name="issue">Makes and stores the node's certificate; called under the token's lock, on first use only.</param>
    /// <param name="given">Finds the one that was made before.</param>
    /// <param name="cancellation">Ends the attempt; nothing is stored then.</param>
    public async Task<(JoinTokenDecision Decision, Guid Node, byte[]? Certificate)> RedeemAsync(
        byte[] digest, NodeKind kind, SpkiHash key, Func<NpgsqlTransaction, Guid, Task<byte[]>> issue, Func<NpgsqlTransaction, Guid, Task<byte[]?>> given,
        CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<TokenRow>(new CommandDefinition(
            """
            select node_id as NodeId, redeemed_hash as RedeemedHash, expires_at as ExpiresAt, linked
            from enrollment_token where token_hash = @digest and kind = @kind for update
            """,
            new { digest, kind = (short)kind }, transaction, cancellationToken: cancellation));
        var state = row is null ? null : new JoinTokenState(digest, row.RedeemedHash, row.ExpiresAt, row.Linked);
        var decision = JoinTokenMachine.Redeem(state, key, time.GetUtcNow());
        var node = row?.NodeId ?? Guid.Empty;
        if (decision is JoinTokenDecision.First first)
        {
            var certificate = await issue(transaction, node);
            await connection.ExecuteAsync(new CommandDefinition(
                "update enrollment_token set redeemed_hash = @binding where token_hash = @digest",
                new { digest, binding = first.Next.Binding }, transaction, cancellationToken: cancellation));
            await transaction.CommitAsync(cancellation);
            return (decision, node, certificate);
        }

        return (decision, node, decision is JoinTokenDecision.Again ? await given(transaction, node) : null);
    }

    public Task<byte[]?> IntermediateAsync(NpgsqlTransaction transaction, SpkiHash spki, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<byte[]>(new CommandDefinition(
            "select certificate from enrollment_intermediate where spki_sha256 = @spki", new { spki = spki.ToBytes() }, transaction, cancellationToken: cancellation));

    /// <summary>The site's token that is kept under this digest, and whose it is; null if there is none.</summary>
    public async Task<(JoinTokenState? State, SiteId Site)> FindTokenAsync(byte[] digest, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<TokenRow>(new CommandDefinition(
            "select node_id as NodeId, redeemed_hash as RedeemedHash, expires_at as ExpiresAt, linked from enrollment_token where token_hash = @digest and kind = @kind",
            new { digest, kind = (short)NodeKind.Site }, cancellationToken: cancellation));
        return (row is null ? null : new JoinTokenState(digest, row.RedeemedHash, row.ExpiresAt, row.Linked), new SiteId(row?.NodeId ?? Guid.Empty));
    }

    /// <summary>The node has had its first link: its token answers no more (J2).</summary>
    public async Task LinkedAsync(Guid node, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update enrollment_token set linked = true where node_id = @node and redeemed_hash is not null and not linked",
            new { node }, cancellationToken: cancellation));
    }

    public Task AddIntermediateAsync(
        NpgsqlTransaction transaction, SpkiHash spki, SiteId site, byte[] certificate, DateTimeOffset notAfter, CancellationToken cancellation) =>
        AddIntermediateAsync(transaction.Connection!, transaction, spki, site, certificate, notAfter, cancellation);

    private Task AddIntermediateAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, SpkiHash spki, SiteId? site, byte[] certificate, DateTimeOffset notAfter,
        CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            insert into enrollment_intermediate (spki_sha256, site_id, certificate, not_after, created_at)
            values (@spki, @site, @certificate, @notAfter, @now)
            on conflict (spki_sha256) do update set certificate = excluded.certificate, not_after = excluded.not_after
            """,
            new { spki = spki.ToBytes(), site = site?.Value, certificate, notAfter, now = time.GetUtcNow() }, transaction, cancellationToken: cancellation));

    private static Task<FederationRow?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<FederationRow>(new CommandDefinition(
            """
            select f.federation_id as FederationId, f.incarnation, f.incarnation_number as IncarnationNumber, f.trust_generation as TrustGeneration,
                   f.sealed_customer_key as SealedCustomerKey, f.customer_key_made_at as CustomerKeyMadeAt,
                   f.sealed_previous_customer_key as SealedPreviousCustomerKey, f.previous_customer_key_until as PreviousCustomerKeyUntil, r.certificate as RootCertificate, r.sealed_key as SealedRootKey
            from enrollment_federation f join enrollment_root r on r.position = 0
            """,
            transaction: transaction, cancellationToken: cancellation));

    private sealed class TokenRow
    {
        public Guid NodeId { get; init; }
        public byte[]? RedeemedHash { get; init; }
        public DateTimeOffset ExpiresAt { get; init; }
        public bool Linked { get; init; }
    }
}

/// <summary>The federation as stored.</summary>
internal sealed class FederationRow
{
    public Guid FederationId { get; init; }
    public Guid Incarnation { get; init; }
    public long IncarnationNumber { get; init; }
    public long TrustGeneration { get; init; }
    public byte[] SealedCustomerKey { get; init; } = [];
    public DateTimeOffset? CustomerKeyMadeAt { get; init; }
    public byte[]? SealedPreviousCustomerKey { get; init; }
    public DateTimeOffset? PreviousCustomerKeyUntil { get; init; }
    public byte[] RootCertificate { get; init; } = [];
    public byte[] SealedRootKey { get; init; } = [];
}
