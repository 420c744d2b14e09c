using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>The queue toward the sites: commands and wishes that a site has not confirmed yet. A claim is a lease, not a lock held
/// while sending: if the claimer dies, another sends again once the lease is over.</summary>
internal static class DispatchStore
{
    /// <summary>A command for these sites.</summary>
    public static Task EnqueueAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandId command, Guid[] sites, DateTimeOffset now, CancellationToken cancellation) =>
        AddAsync(connection, transaction, command, sites, DispatchKind.Command, now, cancellation);

    /// <summary>The wish to cancel it, for these sites.</summary>
    public static Task WishCancelAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandId command, Guid[] sites, DateTimeOffset now, CancellationToken cancellation) =>
        AddAsync(connection, transaction, command, sites, DispatchKind.Cancel, now, cancellation);

    /// <summary>Claims what is due for these sites, oldest first, until <paramref name="lease"/>.</summary>
    public static async Task<IReadOnlyList<DispatchClaim>> ClaimAsync(
        NpgsqlConnection connection, IEnumerable<SiteId> sites, DateTimeOffset now, DateTimeOffset lease, int limit, CancellationToken cancellation) =>
        (await connection.QueryAsync<DispatchClaim>(new CommandDefinition(
            """
            with due as (
                select command_id, site_id, kind from commands_dispatch
                where site_id = any(@sites) and due_at <= @now
                order by created_at, command_id, kind limit @limit for update skip locked)
            update commands_dispatch d set due_at = @lease, attempts = d.attempts + 1 from due
            where d.command_id = due.command_id and d.site_id = due.site_id and d.kind = due.kind
            returning d.command_id as Command, d.site_id as Site, d.kind as Kind, d.attempts as Attempts, d.created_at as CreatedAt
            """,
            new { sites = sites.Select(s => s.Value).ToArray(), now, lease, limit }, cancellationToken: cancellation)))
        .OrderBy(c => c.CreatedAt).ThenBy(c => c.Kind).ToArray();

    /// <summary>The site has all of it. Left alone if it was enqueued or claimed anew meanwhile.</summary>
    public static Task DoneAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, DispatchClaim claim, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "delete from commands_dispatch where command_id = @Command and site_id = @Site and kind = @Kind and attempts = @Attempts",
            claim, transaction, cancellationToken: cancellation));

    /// <summary>It did not get through; it is due again later.</summary>
    public static Task FailedAsync(
        NpgsqlConnection connection, DispatchClaim claim, string error, DateTimeOffset dueAt, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            update commands_dispatch set due_at = @dueAt, last_error = @error
            where command_id = @Command and site_id = @Site and kind = @Kind and attempts = @Attempts
            """,
            new { claim.Command, claim.Site, claim.Kind, claim.Attempts, error, dueAt }, cancellationToken: cancellation));

    /// <summary>Everything for these sites is due now: they have just come back.</summary>
    public static Task MakeDueAsync(NpgsqlConnection connection, IEnumerable<SiteId> sites, DateTimeOffset now, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "update commands_dispatch set due_at = @now where site_id = any(@sites) and due_at > @now",
            new { sites = sites.Select(s => s.Value).ToArray(), now }, cancellationToken: cancellation));

    /// <summary>Gives up sending: every execution of the command has ended.</summary>
    public static Task DropAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid command, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "delete from commands_dispatch where command_id = @command", new { command }, transaction, cancellationToken: cancellation));

    /// <summary>Gives up sending to a site that was removed.</summary>
    public static Task DropAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "delete from commands_dispatch where site_id = @site", new { site = site.Value }, transaction, cancellationToken: cancellation));

    // A row that is there already starts over: its claimer, if any, then finds another number of attempts and leaves it.
    private static Task AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandId command, Guid[] sites, DispatchKind kind, DateTimeOffset now,
        CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            insert into commands_dispatch as d (command_id, site_id, kind, created_at, due_at)
            select @command, site_id, @kind, @now, @now from unnest(@sites) site_id order by site_id
            on conflict (command_id, site_id, kind) do update set due_at = excluded.due_at, attempts = d.attempts + 1
            """,
            new { command = command.Value, sites, kind = (short)kind, now }, transaction, cancellationToken: cancellation));
}

/// <summary>What is sent.</summary>
internal enum DispatchKind : short
{
    Command = 1,
    Cancel = 2,

    /// <summary>The command again, for executions that the site had taken and may have lost (U6).</summary>
    Replay = 3,
}

/// <summary>One claimed row; <see cref="Attempts"/> tells this claim from later ones.</summary>
internal sealed record DispatchClaim
{
    public Guid Command { get; init; }

    public Guid Site { get; init; }

    public short Kind { get; init; }

    public int Attempts { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public CommandId CommandId => new(Command);

    public SiteId SiteId => new(Site);

    public bool IsCancel => Kind == (short)DispatchKind.Cancel;

    public bool IsReplay => Kind == (short)DispatchKind.Replay;
}
