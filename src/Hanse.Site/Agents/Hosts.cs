using Dapper;
using Hanse.Audit;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Uplink.Api;
using Npgsql;

namespace Hanse.Site.Agents;

/// <summary>The hosts as other slices see them; removing and banning cut the live link at once (T6).</summary>
internal sealed class Hosts(NpgsqlDataSource database, HostStore store, AgentLinks links, HostCounter counter, IOutbox outbox, IAuditLog audit, TimeProvider time)
    : IHosts
{
    public async Task<bool> RemoveAsync(HostId host, bool ban, string actor, string reason, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var spki = await connection.QuerySingleOrDefaultAsync<byte[]>(new CommandDefinition(
            "select certificate_spki from agents_host where id = @id for update", new { id = host.Value }, transaction, cancellationToken: cancellation));
        if (spki is null)
        {
            return false;
        }

        if (ban)
        {
            await store.SetApartAsync(transaction, host, HostStatus.Banned, reason, cancellation);
            await outbox.AppendAsync(
                transaction,
                [new Record
                {
                    Ban = new BanRecord
                    {
                        HostId = host.ToWire(), SpkiHash = Google.Protobuf.ByteString.CopyFrom(spki), Actor = actor, Reason = reason,
                        OccurredUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
                    },
                }],
                cancellation);
        }
        else
        {
            await store.RemoveAsync(transaction, host, cancellation);
        }

        var entry = new AuditEvent(ban ? "host.ban" : "host.remove", new AuditActor(actor)) { Hosts = [host], Reason = reason, Outcome = "done" };
        await audit.AppendAsync(connection, transaction, entry, cancellation);
        await transaction.CommitAsync(cancellation);
        outbox.Wake();
        await links.KeepOutAsync(host, ban
            ? LinkErrors.Of(ErrorCodes.Banned, $"This host was banned: {reason}")
            : LinkErrors.Of(ErrorCodes.Unknown, "This host was removed from its site."));
        return true;
    }

    public Task<(long All, long Online)> CountAsync(CancellationToken cancellation) => counter.CountAsync(cancellation);

    public Task<IReadOnlyList<HostRow>> ListAsync(string? search, int limit, CancellationToken cancellation) =>
        store.ListAsync(search, limit, cancellation);

    public Task<IReadOnlyList<HostRow>> FindAsync(IReadOnlyCollection<string> idsOrNames, CancellationToken cancellation) =>
        store.FindAsync(idsOrNames, cancellation);

    public Task<IReadOnlySet<HostId>> KnownAsync(NpgsqlTransaction transaction, IReadOnlyCollection<HostId> hosts, CancellationToken cancellation) =>
        store.KnownAsync(transaction, hosts, cancellation);

    public Task DescribeAsync(NpgsqlTransaction transaction, HostId host, HostFacts facts, CancellationToken cancellation) =>
        store.DescribeAsync(transaction, host, facts, cancellation);

    public Task TagAsync(NpgsqlTransaction transaction, IReadOnlyDictionary<HostId, string[]> tags, CancellationToken cancellation) =>
        store.TagAsync(transaction, tags, cancellation);
}
