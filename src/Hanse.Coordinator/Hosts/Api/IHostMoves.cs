using Hanse.Audit;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Api;

/// <summary>Hosts that go from site to site with their proof (J4).</summary>
public interface IHostMoves
{
    /// <summary>Judges a move that its new site reports, by the proof alone, and lets the next report of that site take the host over. The old site is told with
    /// its desired state. A proof counts once. Works in the caller's transaction.</summary>
    /// <returns>The entry for the audit log, or why the move is refused and changes nothing.</returns>
    /// <exception cref="FormatException">The record is malformed.</exception>
    Task<(AuditEvent? Entry, Error? Refusal)> ApplyAsync(NpgsqlTransaction transaction, SiteId to, HostMoveRecord move, CancellationToken cancellation);

    /// <summary>Hosts that left a site since the generation it has observed: part of its desired state.</summary>
    Task<IReadOnlyList<DepartedHost>> DepartedAsync(NpgsqlConnection connection, int siteKey, long observedGeneration, CancellationToken cancellation);
}

/// <summary>Is told, inside the same transaction, that a host left a site: it is part of that site's desired state, whose generation rises with it (D1).</summary>
public interface IHostMoveObserver
{
    /// <returns>The generation that tells the site of it.</returns>
    Task<long> HostLeftAsync(NpgsqlTransaction transaction, SiteId site, CancellationToken cancellation);
}
