using Dapper;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Npgsql;

namespace Hanse.Site.Enrollment;

/// <summary>The site's place in its federation as its database holds it; keys are in files beside.</summary>
internal sealed class SiteStore(NpgsqlDataSource database, TimeProvider time)
{
    public async Task<EnrolledSite?> FindAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<EnrolledSite>(new CommandDefinition(
            """
            select site_id as SiteId, federation_id as FederationId, name, external_names as ExternalNames, addresses, gateway_addresses as GatewayAddresses,
                   coordinator_server_name as CoordinatorServerName, coordinator_addresses as CoordinatorAddresses, site_key as SiteKey,
                   previous_site_key as PreviousSiteKey, previous_site_key_until as PreviousSiteKeyUntil,
                   incarnation_number as IncarnationNumber, generation, suspended, sync_ms as SyncMs
            from enrollment_site
            """,
            cancellationToken: cancellation));
    }

    /// <summary>A site belongs to one federation for life; joining again with the same answer changes nothing.</summary>
    public async Task AddAsync(SiteJoinOutcome.Joined joined, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into enrollment_site
                (site_id, federation_id, name, external_names, addresses, coordinator_server_name, coordinator_addresses, site_key, joined_at)
            values (@site, @federation, @Name, @names, @addresses, @CoordinatorServerName, @coordinator, @SiteKey, @now)
            on conflict do nothing
            """,
            new
            {
                site = joined.Site.Value, federation = joined.Federation.Value, joined.Name, names = joined.ExternalNames.ToArray(),
                addresses = joined.Addresses.Select(a => a.ToString()).ToArray(), joined.CoordinatorServerName,
                coordinator = joined.CoordinatorAddresses.Select(a => a.ToString()).ToArray(), joined.SiteKey, now = time.GetUtcNow(),
            },
            cancellationToken: cancellation));
    }

    /// <summary>Forgets everything that this database holds of the federation: hosts, inventory, commands, outbox, and the site's own row.</summary>
    public async Task EraseAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var tables = await connection.QueryAsync<string>(new CommandDefinition(
            "select quote_ident(tablename) from pg_tables where schemaname = current_schema() and tablename <> 'storage_migrations'",
            cancellationToken: cancellation));
        await connection.ExecuteAsync(new CommandDefinition($"truncate {string.Join(", ", tables)}", cancellationToken: cancellation));
    }

    /// <summary>Takes desired state over if it is newer by (incarnation number, generation) (D1, U5). False if it is not.</summary>
    /// <exception cref="FormatException">The state itself is malformed.</exception>
    public static async Task<bool> AcceptAsync(NpgsqlTransaction transaction, DesiredState state, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            update enrollment_site
            set incarnation = @incarnation, incarnation_number = @number, generation = @generation, name = @SiteName,
                external_names = @names, addresses = @addresses, gateway_addresses = @gateways, site_key = @key, suspended = @Suspended, sync_ms = @sync,
                previous_site_key = @previous, previous_site_key_until = @until
            where (incarnation_number, generation) < (@number, @generation)
            """,
            new
            {
                incarnation = Incarnation(state), number = (long)state.IncarnationNumber,
                generation = (long)state.Generation, state.SiteName, names = state.ExternalNames.ToArray(), addresses = state.Addresses.ToArray(),
                gateways = state.GatewayAddresses.ToArray(),
                key = Key(state.SiteKey), previous = state.PreviousSiteKey.IsEmpty ? null : Key(state.PreviousSiteKey),
                until = state.PreviousSiteKey.IsEmpty ? (DateTimeOffset?)null : DateTimeOffset.FromUnixTimeMilliseconds(state.PreviousSiteKeyUntilUnixMs), state.Suspended, sync = (int)Math.Min(state.SyncMs, int.MaxValue),
            },
            transaction, cancellationToken: cancellation)) > 0;

    private static byte[] Key(Google.Protobuf.ByteString key) => key.Length == SiteKey.Bytes
        ? key.ToByteArray()
        : throw new FormatException($"A site key has {SiteKey.Bytes} bytes, not {key.Length}.");

    private static Guid Incarnation(DesiredState state) => state.Incarnation.Length == 16
        ? new Guid(state.Incarnation.Span, bigEndian: true)
        : throw new FormatException($"incarnation has {state.Incarnation.Length} bytes; an incarnation has 16.");
}

/// <summary>The one row of enrollment_site.</summary>
internal sealed class EnrolledSite
{
    public Guid SiteId { get; init; }
    public Guid FederationId { get; init; }
    public string Name { get; init; } = "";
    public string[] ExternalNames { get; init; } = [];
    public string[] Addresses { get; init; } = [];
    public string[] GatewayAddresses { get; init; } = [];
    public string CoordinatorServerName { get; init; } = "";
    public string[] CoordinatorAddresses { get; init; } = [];
    public byte[] SiteKey { get; init; } = [];

    /// <summary>Valid too until then: the customer key is being rotated (J3).</summary>
    public byte[]? PreviousSiteKey { get; init; }
    public DateTimeOffset? PreviousSiteKeyUntil { get; init; }

    /// <summary>Each K_site that an agent may join by at this moment, the newest first.</summary>
    public IEnumerable<byte[]> SiteKeys(DateTimeOffset now) => PreviousSiteKey is { } previous && now < PreviousSiteKeyUntil ? [SiteKey, previous] : [SiteKey];
    public long IncarnationNumber { get; init; }
    public long Generation { get; init; }
    public bool Suspended { get; init; }
    public int SyncMs { get; init; }
}
