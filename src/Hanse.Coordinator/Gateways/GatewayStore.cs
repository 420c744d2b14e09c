using System.Text.Json;
using Dapper;
using Google.Protobuf;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Gateways;

/// <summary>The registry of gateways.</summary>
internal sealed class GatewayStore(NpgsqlDataSource database, TimeProvider time) : IGateways
{
    private const string Columns = """
        id, name, status, addresses, sites, console, pseudonyms, standbys::text as Standbys, draining, drain_window_ms as DrainWindowMs,
        routes_number as RoutesNumber, routes_digest as RoutesDigest, observed_number as ObservedNumber, certificate,
        certificate_expires_at as CertificateExpiresAt, software_version as SoftwareVersion, report, reported_at as ReportedAt,
        last_error_code as LastErrorCode, last_error_message as LastErrorMessage, last_error_at as LastErrorAt, created_at as CreatedAt, enrolled_at as EnrolledAt
        """;

    public async Task<GatewayRow?> FindAsync(string idOrName, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return GatewayId.TryParse(idOrName, out var id)
            ? await connection.QuerySingleOrDefaultAsync<GatewayRow>(new CommandDefinition(
                $"select {Columns} from gateways_gateway where id = @id", new { id = id.Value }, cancellationToken: cancellation))
            : await connection.QuerySingleOrDefaultAsync<GatewayRow>(new CommandDefinition(
                $"select {Columns} from gateways_gateway where lower(name) = lower(@idOrName) and status <> 3", new { idOrName }, cancellationToken: cancellation));
    }

    public async Task<IReadOnlyList<GatewayRow>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<GatewayRow>(new CommandDefinition(
            $"select {Columns} from gateways_gateway where status <> 3 order by name, id", cancellationToken: cancellation))).AsList();
    }

    public async Task<IReadOnlyList<string>> AddressesToAsync(Guid site, CancellationToken cancellation) =>
        [.. (await ListAsync(cancellation)).Where(g => g.Lifecycle == GatewayLifecycle.Enrolled && !g.Draining && g.Serves(site)).SelectMany(g => g.Addresses).Distinct()];

    public Task<GatewayRow?> AddAsync(NpgsqlTransaction transaction, NewGateway gateway, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<GatewayRow>(new CommandDefinition(
            $"""
            insert into gateways_gateway (id, name, status, addresses, sites, console, pseudonyms, standbys, created_at)
            values (@id, @Name, 0, @addresses, @sites, @Console, @Pseudonyms, @standbys::jsonb, @now)
            on conflict do nothing returning {Columns}
            """,
            new
            {
                id = gateway.Id.Value, gateway.Name, addresses = gateway.Addresses.ToArray(), sites = gateway.Sites?.Select(s => s.Value).ToArray(),
                gateway.Console, gateway.Pseudonyms, standbys = JsonSerializer.Serialize(gateway.Standbys.ToDictionary(s => s.Key.ToString(), s => s.Value)),
                now = time.GetUtcNow(),
            },
            transaction, cancellationToken: cancellation));

    public Task EnrollAsync(
        NpgsqlTransaction transaction, GatewayId gateway, byte[] certificate, DateTimeOffset notAfter, string? softwareVersion, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            update gateways_gateway
            set status = 1, enrolled_at = coalesce(enrolled_at, @now), certificate = @certificate, certificate_expires_at = @notAfter,
                software_version = coalesce(@softwareVersion, software_version)
            where id = @id and status in (0, 1)
            """,
            new { id = gateway.Value, certificate, notAfter, softwareVersion, now = time.GetUtcNow() }, transaction, cancellationToken: cancellation));

    /// <summary>False if it is not enrolled.</summary>
    public async Task<bool> SetDrainingAsync(NpgsqlTransaction transaction, GatewayId gateway, bool draining, TimeSpan window, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update gateways_gateway set draining = @draining, drain_window_ms = @window where id = @id and status = 1",
            new { id = gateway.Value, draining, window = (int)window.TotalMilliseconds }, transaction, cancellationToken: cancellation)) > 0;

    /// <summary>False if it was removed before.</summary>
    public async Task<bool> RemoveAsync(NpgsqlTransaction transaction, GatewayId gateway, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update gateways_gateway set status = 3, removed_at = @now where id = @id and status <> 3",
            new { id = gateway.Value, now = time.GetUtcNow() }, transaction, cancellationToken: cancellation)) > 0;

    /// <summary>The number of the snapshot with this content: a new one if it differs from the last. Replicas agree on it.</summary>
    public async Task<long> NumberAsync(GatewayId gateway, byte[] digest, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<long>(new CommandDefinition(
            """
            update gateways_gateway
            set routes_number = routes_number + case when routes_digest is distinct from @digest then 1 else 0 end, routes_digest = @digest
            where id = @id returning routes_number
            """,
            new { id = gateway.Value, digest }, cancellationToken: cancellation));
    }

    public Task ObservedAsync(GatewayId gateway, long number, CancellationToken cancellation) => ExecuteAsync(
        "update gateways_gateway set observed_number = @number where id = @id", new { id = gateway.Value, number }, cancellation);

    public Task ReportAsync(GatewayId gateway, GatewayReport report, CancellationToken cancellation) => ExecuteAsync(
        "update gateways_gateway set report = @report, reported_at = @now, software_version = @SoftwareVersion where id = @id",
        new { id = gateway.Value, report = report.ToByteArray(), report.SoftwareVersion, now = time.GetUtcNow() }, cancellation);

    /// <summary>Why its last link ended, or why it did not take its state.</summary>
    public Task FailedAsync(GatewayId gateway, Error why, CancellationToken cancellation) => ExecuteAsync(
        "update gateways_gateway set last_error_code = @Code, last_error_message = @Message, last_error_at = @now where id = @id",
        new { id = gateway.Value, why.Code, why.Message, now = time.GetUtcNow() }, cancellation);

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
    }
}
