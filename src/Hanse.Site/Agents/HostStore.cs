using Dapper;
using Google.Protobuf;
using Hanse.Audit;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Uplink.Api;
using Hanse.Storage.Bulk;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>The hosts of this site. Every change a directory reader could see puts the host's state into the outbox in the
/// same transaction.</summary>
internal sealed class HostStore : IHostEnrolment, IAsyncDisposable
{
    public const string Columns = """
        id, hostname, machine_id as MachineId, status, status_reason as StatusReason, agent_version as AgentVersion, os, os_family as OsFamily,
        kernel, addresses, tags, last_seen as LastSeen, removed_at as RemovedAt
        """;

    private readonly NpgsqlDataSource _database;
    private readonly IOutbox _outbox;
    private readonly IAuditLog _audit;
    private readonly TimeProvider _time;
    private readonly Batcher<(HostId Host, JoinedHost Joined), HostId> _joins;

    public HostStore(NpgsqlDataSource database, IOutbox outbox, IAuditLog audit, TimeProvider time)
    {
        (_database, _outbox, _audit, _time) = (database, outbox, audit, time);
        _joins = new(AddAsync);
    }

    public async Task<IReadOnlyList<HostRow>> ListAsync(string? search, int limit, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<HostRow>(new CommandDefinition(
            $"""
            select {Columns} from agents_host
            where removed_at is null and (@search::text is null or position(lower(@search) in lower(hostname)) > 0)
            order by hostname, id limit @limit
            """,
            new { search, limit }, cancellationToken: cancellation))).AsList();
    }

    public async Task<IReadOnlyList<HostRow>> FindAsync(IReadOnlyCollection<string> idsOrNames, CancellationToken cancellation)
    {
        var ids = idsOrNames.Select(t => HostId.TryParse(t, out var id) ? id.Value : Guid.Empty).Where(g => g != Guid.Empty).ToArray();
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<HostRow>(new CommandDefinition(
            $"select {Columns} from agents_host where removed_at is null and (id = any(@ids) or lower(hostname) = any(@names)) order by hostname, id",
            new { ids, names = idsOrNames.Select(n => n.ToLowerInvariant()).ToArray() }, cancellationToken: cancellation))).AsList();
    }

    public async Task<IReadOnlySet<HostId>> KnownAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<HostId> hosts, CancellationToken cancellation) =>
        (await transaction.Connection!.QueryAsync<Guid>(new CommandDefinition(
            "select id from agents_host where id = any(@ids) and removed_at is null and status <> @banned",
            new { ids = hosts.Select(h => h.Value).ToArray(), banned = (short)HostStatus.Banned }, transaction, cancellationToken: cancellation)))
        .Select(HostId.From).ToHashSet();

    public Task<HostId> AddAsync(HostId host, JoinedHost joined, CancellationToken cancellation) => _joins.ApplyAsync((host, joined), cancellation);

    public ValueTask DisposeAsync() => _joins.DisposeAsync();

    public async Task<Error?> RenewableAsync(HostId host, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<HostRow>(new CommandDefinition(
            $"select {Columns} from agents_host where id = @id", new { id = host.Value }, cancellationToken: cancellation));
        return row switch
        {
            { RemovedAt: not null } => new Error { Code = ErrorCodes.Unknown, Message = "This host was removed from its site." },
            { Status: (short)HostStatus.Banned } => new Error { Code = ErrorCodes.Banned, Message = $"This host is banned: {row.StatusReason}" },
            _ => null, // a host without a row has a valid certificate of this site and is taken in again at its hello (U6)
        };
    }

    public async Task SetCertificateAsync(HostId host, HostCertificate certificate, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update agents_host
            set certificate_spki = @Spki, certificate_root = @Root, certificate_not_before = @NotBefore, certificate_not_after = @NotAfter
            where id = @id
            """,
            new { id = host.Value, certificate.Spki, certificate.Root, certificate.NotBefore, certificate.NotAfter }, cancellationToken: cancellation));
    }

    public Task DescribeAsync(NpgsqlTransaction transaction, HostId host, HostFacts facts, CancellationToken cancellation) =>
        ChangeAsync(
            transaction, host,
            """
            hostname = coalesce(@Hostname, hostname), machine_id = coalesce(@MachineId, machine_id), boot_id = coalesce(@BootId, boot_id),
            os = coalesce(@Os, os), os_family = coalesce(@OsFamily, os_family), kernel = coalesce(@Kernel, kernel),
            addresses = coalesce(@addresses, addresses)
            """,
            new
            {
                id = host.Value, facts.Hostname, facts.MachineId, facts.BootId, facts.Os, facts.OsFamily, facts.Kernel,
                addresses = facts.Addresses?.ToArray(),
            },
            cancellation);

    /// <summary>Records whether hosts are connected. A quarantined or banned host stays so.</summary>
    public async Task SetPresenceAsync(IReadOnlyCollection<HostId> hosts, HostStatus status, CancellationToken cancellation)
    {
        var ids = hosts.Select(h => h.Value).ToArray();
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update agents_host set status = @status, last_seen = @now where id = any(@ids) and status in (1, 2) and removed_at is null",
            new { ids, status = (short)status, now = _time.GetUtcNow() }, transaction, cancellationToken: cancellation));
        await PublishAsync(transaction, ids, cancellation);
        await transaction.CommitAsync(cancellation);
        _outbox.WakeStates();
    }

    /// <summary>At start nobody is connected yet, whatever the last life of this process wrote.</summary>
    public async Task SetAllOfflineAsync(CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        var online = await connection.QueryAsync<Guid>(new CommandDefinition(
            "select id from agents_host where status = @online", new { online = (short)HostStatus.Online }, cancellationToken: cancellation));
        await SetPresenceAsync([.. online.Select(HostId.From)], HostStatus.Offline, cancellation);
    }

    /// <summary>Sets a host apart with a reason that people see: quarantined (J5) or banned (T6).</summary>
    public Task SetApartAsync(NpgsqlTransaction transaction, HostId host, HostStatus status, string reason, CancellationToken cancellation) =>
        ChangeAsync(
            transaction, host, "status = @status, status_reason = @reason",
            new { id = host.Value, status = (short)status, reason }, cancellation);

    /// <summary>Sets apart the hosts that the federation's list bans (T6).</summary>
    public async Task SetBannedAsync(IReadOnlyCollection<HostId> hosts, string reason, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var host in hosts)
        {
            await SetApartAsync(transaction, host, HostStatus.Banned, reason, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        _outbox.WakeStates();
    }

    /// <summary>Takes a host out; its row stays so that its id is known. False if there is none.</summary>
    public async Task<bool> RemoveAsync(NpgsqlTransaction transaction, HostId host, CancellationToken cancellation)
    {
        var removed = await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update agents_host set removed_at = @now where id = @id and removed_at is null",
            new { id = host.Value, now = _time.GetUtcNow() }, transaction, cancellationToken: cancellation));
        await _outbox.DeleteAsync(transaction, StateClass.Host, host.ToWire(), cancellation);
        return removed > 0;
    }

    public async Task TagAsync(NpgsqlTransaction transaction, IReadOnlyDictionary<HostId, string[]> tags, CancellationToken cancellation)
    {
        var held = await transaction.Connection!.QueryAsync<(Guid Id, string[] Tags)>(new CommandDefinition(
            "select id, tags from agents_host where cardinality(tags) > 0 or id = any(@ids)",
            new { ids = tags.Keys.Select(h => h.Value).ToArray() }, transaction, cancellationToken: cancellation));
        foreach (var (id, before) in held.ToList())
        {
            // A host that is not named has none: they were taken away.
            var values = tags.GetValueOrDefault(new HostId(id), []);
            if (!values.SequenceEqual(before, StringComparer.Ordinal))
            {
                await ChangeAsync(transaction, new HostId(id), "tags = @values", new { id, values }, cancellation);
            }
        }
    }

    /// <summary>Joins that come together share a transaction. One batch is written at a time, so two joins with one key are one host.</summary>
    private async Task<IReadOnlyList<HostId>> AddAsync(IReadOnlyList<(HostId Host, JoinedHost Joined)> batch, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = (await connection.QueryAsync<(Guid Id, byte[] Spki)>(new CommandDefinition(
            "select id, certificate_spki from agents_host where certificate_spki = any(@spkis) and removed_at is null",
            new { spkis = batch.Select(b => b.Joined.Certificate.Spki).ToArray() }, transaction, cancellationToken: cancellation)))
            .ToDictionary(h => Convert.ToHexString(h.Spki), h => new HostId(h.Id), StringComparer.Ordinal);
        var fresh = batch.Where(b => held.TryAdd(Convert.ToHexString(b.Joined.Certificate.Spki), b.Host)).ToList();
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into agents_host (
                id, hostname, machine_id, boot_id, status, agent_version, certificate_spki, certificate_root, certificate_not_before, certificate_not_after,
                joined_at, last_seen)
            select id, hostname, machine_id, boot_id, @offline, agent_version, spki, root, not_before, not_after, @now, @now
            from unnest(@ids, @hostnames, @machines, @boots, @versions, @spkis, @roots, @begins, @ends)
                as j (id, hostname, machine_id, boot_id, agent_version, spki, root, not_before, not_after)
            on conflict (id) do nothing
            """,
            new
            {
                ids = fresh.Select(f => f.Host.Value).ToArray(),
                hostnames = fresh.Select(f => f.Joined.Hostname).ToArray(),
                machines = fresh.Select(f => f.Joined.MachineId).ToArray(),
                boots = fresh.Select(f => f.Joined.BootId).ToArray(),
                versions = fresh.Select(f => f.Joined.AgentVersion).ToArray(),
                spkis = fresh.Select(f => f.Joined.Certificate.Spki).ToArray(),
                roots = fresh.Select(f => f.Joined.Certificate.Root ?? []).ToArray(),
                begins = fresh.Select(f => f.Joined.Certificate.NotBefore).ToArray(),
                ends = fresh.Select(f => f.Joined.Certificate.NotAfter).ToArray(),
                offline = (short)HostStatus.Offline, now = _time.GetUtcNow(),
            },
            transaction, cancellationToken: cancellation));
        await PublishAsync(transaction, [.. fresh.Select(f => f.Host.Value)], cancellation);
        await _audit.AppendAsync(connection, transaction, [.. fresh.Select(f => Joined(f.Host, f.Joined))], cancellation);
        await transaction.CommitAsync(cancellation);
        _outbox.WakeStates();
        return [.. batch.Select(b => held[Convert.ToHexString(b.Joined.Certificate.Spki)])];
    }

    private static AuditEvent Joined(HostId host, JoinedHost joined) => new("host.join", new AuditActor($"host:{host}"))
    {
        Hosts = [host], Outcome = "done", Detail = new Dictionary<string, string> { ["hostname"] = joined.Hostname, ["agentVersion"] = joined.AgentVersion },
    };

    private async Task ChangeAsync(NpgsqlTransaction transaction, HostId host, string assignments, object parameters, CancellationToken cancellation)
    {
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            $"update agents_host set {assignments} where id = @id", parameters, transaction, cancellationToken: cancellation));
        await PublishAsync(transaction, [host.Value], cancellation);
    }

    /// <summary>Puts what a directory shows of these hosts into the outbox.</summary>
    public async Task PublishAsync(NpgsqlTransaction transaction, Guid[] ids, CancellationToken cancellation)
    {
        var rows = await transaction.Connection!.QueryAsync<HostRow>(new CommandDefinition(
            $"select {Columns} from agents_host where id = any(@ids) and removed_at is null", new { ids }, transaction, cancellationToken: cancellation));
        await _outbox.PutAsync(transaction, StateClass.Host, [.. rows.Select(r => (HostId.From(r.Id).ToWire(), (IMessage)ToState(r)))], cancellation);
    }

    /// <summary>What the directory is told of a host.</summary>
    public static HostState ToState(HostRow row)
    {
        var state = new HostState
        {
            Hostname = row.Hostname, Os = row.Os, OsFamily = row.OsFamily, Kernel = row.Kernel, AgentVersion = row.AgentVersion,
            Status = (HostStatus)row.Status, LastSeenUnixMs = new DateTimeOffset(row.LastSeen).ToUnixTimeMilliseconds(),
            MachineIdHash = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(row.MachineId))),
        };
        state.Addresses.AddRange(row.Addresses.Select(a => ByteString.CopyFrom(a)));
        state.Tags.AddRange(row.Tags);
        return state;
    }
}
