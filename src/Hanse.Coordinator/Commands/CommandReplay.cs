using Dapper;
using Hanse.Coordinator.Commands.Api;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>See <see cref="ICommandReplay"/>: rows for the dispatch driver.</summary>
internal sealed class CommandReplay(CommandSignals signals, TimeProvider time) : ICommandReplay
{
    public async Task ReplayAsync(NpgsqlConnection connection, SiteId site, CancellationToken cancellation)
    {
        await connection.ExecuteAsync(new CommandDefinition(
            """
            with replaced as (delete from commands_dispatch where site_id = @site and kind = @command)
            insert into commands_dispatch as d (command_id, site_id, kind, created_at, due_at)
            select distinct command_id, site_id, @replay, @now, @now from commands_execution where site_id = @site and state in (1, 2, 3)
            union all
            select distinct command_id, site_id, @cancel, @now, @now from commands_execution where site_id = @site and state in (2, 3) and cancel_requested
            on conflict (command_id, site_id, kind) do update set due_at = excluded.due_at, attempts = d.attempts + 1
            """,
            new { site = site.Value, command = (short)DispatchKind.Command, replay = (short)DispatchKind.Replay, cancel = (short)DispatchKind.Cancel, now = time.GetUtcNow() }, cancellationToken: cancellation));
        signals.Dispatch.Set();
    }
}
