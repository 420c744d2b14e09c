using Dapper;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>See <see cref="IHostMoves"/>.</summary>
internal sealed class HostMoveStore(NpgsqlDataSource database, HostStore hosts, AgentLinks links, IOutbox outbox, TimeProvider time) : IHostMoves
{
    public async Task<Error?> TakeInAsync(HostId host, JoinedHost joined, HostMoveRecord record, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = await connection.QuerySingleOrDefaultAsync<Held>(new CommandDefinition(
            "select certificate_spki as Spki, status, removed_at is not null as Removed from agents_host where id = @id for update",
            new { id = host.Value }, transaction, cancellationToken: cancellation));
        if (held is { Status: (short)HostStatus.Banned })
        {
            return new Error { Code = ErrorCodes.Banned, Message = "This host is banned here." };
        }

        if (held is { Removed: false })
        {
            return held.Spki.AsSpan().SequenceEqual(joined.Certificate.Spki) ? null : new Error
            {
                Code = ErrorCodes.HostMoveInvalid,
                Message = "This host is here already, under a newer key: the one that moves is a copy of it. On the copy run: hanse-agent reset, then join again.",
            };
        }

        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into agents_host (
                id, hostname, machine_id, boot_id, status, agent_version, certificate_spki, certificate_root, certificate_not_before, certificate_not_after,
                joined_at, last_seen)
            values (@id, @Hostname, @MachineId, @BootId, @offline, @AgentVersion, @Spki, @Root, @NotBefore, @NotAfter, @now, @now)
            on conflict (id) do update set
                hostname = excluded.hostname, machine_id = excluded.machine_id, boot_id = excluded.boot_id, status = excluded.status, status_reason = '',
                agent_version = excluded.agent_version, certificate_spki = excluded.certificate_spki, certificate_root = excluded.certificate_root,
                certificate_not_before = excluded.certificate_not_before, certificate_not_after = excluded.certificate_not_after, trusted_roots = null,
                joined_at = excluded.joined_at, last_seen = excluded.last_seen, link_secret = null, previous_link_secret = null, removed_at = null
            """,
            new
            {
                id = host.Value, joined.Hostname, joined.MachineId, joined.BootId, joined.AgentVersion, joined.Certificate.Spki, joined.Certificate.Root,
                joined.Certificate.NotBefore, joined.Certificate.NotAfter,
                offline = (short)HostStatus.Offline, now = time.GetUtcNow(),
            },
            transaction, cancellationToken: cancellation));
        await hosts.PublishAsync(transaction, [host.Value], cancellation);
        await outbox.AppendAsync(transaction, [new Record { HostMove = record }], cancellation);
        await transaction.CommitAsync(cancellation);
        outbox.Wake();
        return null;
    }

    public async Task<bool> DepartAsync(NpgsqlTransaction transaction, DepartedHost departed, CancellationToken cancellation)
    {
        var host = HostId.FromBytes(departed.HostId.Span);
        return await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update agents_host set status_reason = @reason where id = @id and removed_at is null and certificate_spki = @spki",
            new { id = host.Value, spki = departed.SpkiHash.ToByteArray(), reason = Reason(departed) }, transaction, cancellationToken: cancellation)) > 0
            && await hosts.RemoveAsync(transaction, host, cancellation);
    }

    public async Task CutAsync(IEnumerable<DepartedHost> departed)
    {
        foreach (var host in departed)
        {
            if (links.Find(HostId.FromBytes(host.HostId.Span)) is { } link)
            {
                await link.CloseAsync(LinkErrors.Of(ErrorCodes.Unknown, $"This host has {Reason(host)}."));
            }
        }
    }

    private static string Reason(DepartedHost departed) => $"moved to site {departed.ToSite}";

    private sealed class Held
    {
        public byte[] Spki { get; init; } = [];
        public short Status { get; init; }
        public bool Removed { get; init; }
    }
}
