using Dapper;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands.Deadlines;

/// <summary>Which commands have a time that passed, and the forgetting of those long over.</summary>
internal static class ReaperStore
{
    /// <summary>Locks the command that is due next; null if none is, or others have those that are.</summary>
    public static Task<DueCommand?> NextDueAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, DateTimeOffset now, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<DueCommand>(new CommandDefinition(
            """
            select id as Id, deadline as Deadline, give_up_at as GiveUpAt from commands_command
            where next_check_at <= @now order by next_check_at limit 1 for update skip locked
            """,
            new { now }, transaction, cancellationToken: cancellation));

    /// <summary>Commands of which executions at this site have not ended, in the order of their locks.</summary>
    public static async Task<Guid[]> OpenAtAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, CancellationToken cancellation) =>
        [
            .. await connection.QueryAsync<Guid>(new CommandDefinition(
                "select command_id from commands_tally where site_id = @site and queued + delivered + running > 0 order by command_id",
                new { site = site.Value }, transaction, cancellationToken: cancellation)),
        ];

    /// <summary>When to look again; null: never.</summary>
    public static Task ScheduleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid command, DateTimeOffset? next, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "update commands_command set next_check_at = @next where id = @command",
            new { command, next }, transaction, cancellationToken: cancellation));

    /// <summary>Removes commands whose time is over since before the given moment, at most so many at once.</summary>
    public static Task ForgetAsync(NpgsqlConnection connection, DateTimeOffset before, int limit, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            """
            with old as (
                delete from commands_command where id in (
                    select id from commands_command where created_at < @before and give_up_at < @before and next_check_at is null
                    order by created_at limit @limit for update skip locked)
                returning id),
            executions as (delete from commands_execution e using old where e.command_id = old.id),
            tallies as (delete from commands_tally t using old where t.command_id = old.id)
            delete from commands_idempotency where created_at < @before
            """,
            new { before, limit }, cancellationToken: cancellation));
}

/// <summary>A command of which a time has passed.</summary>
internal sealed record DueCommand
{
    public Guid Id { get; init; }

    public DateTimeOffset Deadline { get; init; }

    public DateTimeOffset GiveUpAt { get; init; }
}
