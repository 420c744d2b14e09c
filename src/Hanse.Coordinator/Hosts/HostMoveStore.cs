using Dapper;
using Google.Protobuf;
using Hanse.Audit;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>See <see cref="IHostMoves"/>. (1) the proof is judged anew: what the new site says of it counts for nothing; (2) the site that it proves must be the owner;
/// (3) the proof is used up; (4) the move is authorised, (5) and the old site's desired state rises.</summary>
internal sealed class HostMoveStore(IHostDirectory directory, IFederation federation, IHostMoveObserver observer, TimeProvider time) : IHostMoves
{
    private const int NonceBytes = 32;

    public async Task<(AuditEvent? Entry, Error? Refusal)> ApplyAsync(
        NpgsqlTransaction transaction, SiteId to, HostMoveRecord move, CancellationToken cancellation)
    {
        // 1
        var now = time.GetUtcNow();
        if (move.Proof is null || move.Nonce.Length != NonceBytes)
        {
            throw new FormatException($"A move carries a proof and a nonce of {NonceBytes} bytes.");
        }

        var (identity, why) = MoveProof.Verify(move.Proof, to, move.Nonce.Span, federation.Anchors, now, late: true);
        if (identity is null || identity.Host!.Value.ToWire() != move.HostId)
        {
            return (null, Invalid($"The move is not proved: {(identity is null ? why : "the proof is another host's")}."));
        }

        // 2
        var (host, from) = (identity.Host.Value, identity.Site!.Value);
        var sites = await ReadSitesAsync(transaction, host, from, to, cancellation);
        if (sites.Owner is { } owner && owner != sites.From && owner != sites.To)
        {
            return (null, new Error { Code = ErrorCodes.HostOwnedElsewhere, Message = "The host has moved on to another site since it left the one that the proof names." });
        }

        // 3, 4, 5
        var generation = await observer.HostLeftAsync(transaction, from, cancellation);
        if (!await UseAsync(transaction, host, sites, move, generation, now, cancellation))
        {
            return (null, Invalid("This proof was used before."));
        }

        if (sites.Owner != sites.To)
        {
            await directory.AuthoriseMoveAsync(transaction.Connection!, transaction, host, sites.To, cancellation);
        }

        return (new AuditEvent("host.move", new AuditActor($"site:{to}"))
        {
            Site = to, Hosts = [host], Outcome = "done",
            Detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["from"] = from.ToString(), ["key"] = MoveProof.KeyOf(move.Proof).ToString() },
        }, null);
    }

    public async Task<IReadOnlyList<DepartedHost>> DepartedAsync(NpgsqlConnection connection, int siteKey, long observedGeneration, CancellationToken cancellation) =>
        [.. (await connection.QueryAsync<(Guid Host, byte[] Spki, string Name)>(new CommandDefinition(
            """
            select m.host, m.spki, t.name from hosts_moved m join sites_site t on t.key = m.to_site
            where m.from_site = @siteKey and m.from_generation > @observedGeneration order by m.from_generation limit 10000
            """,
            new { siteKey, observedGeneration }, cancellationToken: cancellation)))
            .Select(m => new DepartedHost { HostId = new HostId(m.Host).ToWire(), SpkiHash = ByteString.CopyFrom(m.Spki), ToSite = m.Name })];

    private static Task<MoveSites> ReadSitesAsync(NpgsqlTransaction transaction, HostId host, SiteId from, SiteId to, CancellationToken cancellation) =>
        transaction.Connection!.QuerySingleAsync<MoveSites>(new CommandDefinition(
            """
            select (select key from sites_site where id = @from) as "From", (select key from sites_site where id = @to) as "To",
                   coalesce((select site from hosts_host where id = @host), (select site from hosts_tombstone where id = @host)) as Owner
            """,
            new { host = host.Value, from = from.Value, to = to.Value }, transaction, cancellationToken: cancellation));

    private static async Task<bool> UseAsync(
        NpgsqlTransaction transaction, HostId host, MoveSites sites, HostMoveRecord move, long generation, DateTimeOffset now, CancellationToken cancellation) =>
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into hosts_moved (host, nonce, from_site, to_site, spki, from_generation, moved_at)
            values (@host, @nonce, @From, @To, @spki, @generation, @now) on conflict do nothing
            """,
            new
            {
                host = host.Value, nonce = move.Nonce.ToByteArray(), sites.From, sites.To, spki = MoveProof.KeyOf(move.Proof).ToBytes(), generation, now,
            },
            transaction, cancellationToken: cancellation)) > 0;

    private static Error Invalid(string message) => new() { Code = ErrorCodes.HostMoveInvalid, Message = message };

    private sealed class MoveSites
    {
        public int From { get; init; }
        public int To { get; init; }
        public int? Owner { get; init; }
    }
}
