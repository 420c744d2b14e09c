using System.Globalization;
using Hanse.Coordinator.Api;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands.Reading;

/// <summary>Reads commands for the API, and waits for them to change without asking the database again and again.</summary>
internal sealed class CommandReader(NpgsqlDataSource database, CommandSignals signals, TimeProvider clock)
{
    /// <summary>Executions shown with their command; the rest is paged.</summary>
    public const int ShownExecutions = 1000;

    private static readonly TimeSpan Reread = TimeSpan.FromSeconds(5);

    /// <summary>One page, newest first. Null: the cursor is not of this list.</summary>
    public async Task<Page<CommandView>?> ListAsync(string? cursor, int limit, CancellationToken cancellation)
    {
        if (!TryAfter(cursor, out var after))
        {
            return null;
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await CommandStore.ListAsync(connection, after, limit + 1, cancellation);
        var page = rows.Take(limit).ToArray();
        var next = rows.Count > limit
            ? Cursor.Encode(page[^1].Command.CreatedAt.UtcTicks.ToString(CultureInfo.InvariantCulture), page[^1].Command.CommandId.ToString())
            : null;
        return new([.. page.Select(r => CommandView.Of(r.Command, r.Tally))], next);
    }

    /// <summary>A command with its first executions; null if there is none. Waits at most <paramref name="wait"/>: until its
    /// version is not <paramref name="since"/>, or, without one, until it has ended.</summary>
    public async Task<CommandView?> GetAsync(CommandId id, TimeSpan wait, string? since, CancellationToken cancellation)
    {
        using var watch = signals.Watch(id);
        var started = clock.GetTimestamp();
        while (true)
        {
            if (await SummaryAsync(id, cancellation) is not { } view)
            {
                return null;
            }

            var left = wait - clock.GetElapsedTime(started);
            var awaited = since is null ? CommandStates.Parse(view.State).IsTerminal() : view.Version != since;
            if (awaited || left <= TimeSpan.Zero)
            {
                var (executions, next) = (await ExecutionsAsync(id, null, ShownExecutions, cancellation))!.Value;
                return view with { Executions = executions, ExecutionsNext = next };
            }

            await watch.Changed.WaitAsync(left < Reread ? left : Reread, clock, cancellation);
        }
    }

    /// <summary>One page of executions. Null: the cursor is not of this list.</summary>
    public async Task<(IReadOnlyList<ExecutionView> Items, string? Next)?> ExecutionsAsync(
        CommandId id, string? cursor, int limit, CancellationToken cancellation)
    {
        (Guid, Guid)? after = null;
        if (cursor is not null)
        {
            if (!Cursor.TryDecode(cursor, 2, out var key) || !SiteId.TryParse(key[0], out var site) || !HostId.TryParse(key[1], out var host))
            {
                return null;
            }

            after = (site.Value, host.Value);
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        var (rows, more) = await ExecutionPageStore.ListAsync(connection, id, after, limit, cancellation);
        var next = more ? Cursor.Encode(new SiteId(rows[^1].SiteId).ToString(), new HostId(rows[^1].HostId).ToString()) : null;
        return ([.. rows.Select(ExecutionView.Of)], next);
    }

    /// <summary>The execution of a command on a host, by id or hostname.</summary>
    public async Task<ExecutionRow?> FindExecutionAsync(CommandId id, string host, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await ExecutionPageStore.FindAsync(connection, id, host, cancellation);
    }

    private async Task<CommandView?> SummaryAsync(CommandId id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await CommandStore.SummaryAsync(connection, id, cancellation) is { } found ? CommandView.Of(found.Command, found.Tally) : null;
    }

    private static bool TryAfter(string? cursor, out (DateTimeOffset, Guid)? after)
    {
        after = null;
        if (cursor is null)
        {
            return true;
        }

        if (!Cursor.TryDecode(cursor, 2, out var key) || !long.TryParse(key[0], CultureInfo.InvariantCulture, out var ticks)
            || ticks < 0 || ticks > DateTimeOffset.MaxValue.Ticks || !CommandId.TryParse(key[1], out var id))
        {
            return false;
        }

        after = (new DateTimeOffset(ticks, TimeSpan.Zero), id.Value);
        return true;
    }
}
