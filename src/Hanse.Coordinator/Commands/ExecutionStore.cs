using Dapper;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Commands;

/// <summary>Executions in bulk. Every change goes through <see cref="ExecutionMachine"/>, and is counted in commands_tally by
/// whoever makes it, in the same transaction and under its lock.</summary>
internal static class ExecutionStore
{
    private const string Transitions = """
        unnest(@FromState, @FromCancel, @FromOffered, @ToState, @ToCancel, @ToOffered) as t(was, was_cancel, was_offered, state, cancel, offered)
        """;

    private const string Matches = "e.state = t.was and e.cancel_requested = t.was_cancel and e.offered = t.was_offered";

    /// <summary>Adds executions in one state for these hosts; one that is there already stays.</summary>
    /// <returns>Those added.</returns>
    public static async Task<IReadOnlyCollection<ExecutionChange>> AddAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandId command, IReadOnlyCollection<HostTarget> targets,
        ExecutionStatus status, DateTimeOffset now, CancellationToken cancellation) =>
        Changes(
            command.Value,
            await connection.QueryAsync<ChangedRow>(new CommandDefinition(
                """
                insert into commands_execution (command_id, site_id, host_id, hostname, state, cancel_requested, offered, updated_at)
                select @command, site_id, host_id, hostname, @state, @cancel, @offered, @now
                from unnest(@sites, @hosts, @hostnames) as n(site_id, host_id, hostname)
                on conflict do nothing
                returning site_id as Site, host_id as Host, null::smallint as Was, state as State
                """,
                new
                {
                    command = command.Value,
                    state = (short)status.State,
                    cancel = status.CancelRequested,
                    offered = status.Offered,
                    now,
                    sites = targets.Select(t => t.Site.Value).ToArray(),
                    hosts = targets.Select(t => t.Id.Value).ToArray(),
                    hostnames = targets.Select(t => t.Hostname).ToArray(),
                },
                transaction, cancellationToken: cancellation)));

    /// <summary>Applies a transition to every execution of a command, or of it at one site, or to some hosts of that site.
    /// An outcome is given the reason for its state, or <paramref name="reason"/>.</summary>
    /// <returns>Those that changed, wishes and offers included.</returns>
    public static async Task<IReadOnlyCollection<ExecutionChange>> TransitAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ExecutionScope scope, TransitionTable table, DateTimeOffset now,
        CancellationToken cancellation, string? reason = null) =>
        Changes(
            scope.Command.Value,
            await connection.QueryAsync<ChangedRow>(new CommandDefinition(
                $"""
                update commands_execution e set state = t.state, cancel_requested = t.cancel, offered = t.offered, updated_at = @now,
                    reason = case when t.state <> t.was then r.reason else e.reason end,
                    finished_at = case when r.reason is not null and t.state <> t.was then @now else e.finished_at end
                from {Transitions} left join unnest(@reasonStates, @reasons) as r(state, reason) on r.state = t.state
                where e.command_id = @command and (@site::uuid is null or e.site_id = @site)
                    and (@hosts::uuid[] is null or e.host_id = any(@hosts)) and {Matches}
                returning e.site_id as Site, e.host_id as Host, t.was as Was, e.state as State
                """,
                new
                {
                    command = scope.Command.Value,
                    site = scope.Site?.Value,
                    hosts = scope.Hosts?.Select(h => h.Value).ToArray(),
                    now,
                    reasonStates = OwnReasons.Keys.Select(s => (short)s).ToArray(),
                    reasons = OwnReasons.Values.Select(own => reason ?? own).ToArray(),
                    table.FromState,
                    table.FromCancel,
                    table.FromOffered,
                    table.ToState,
                    table.ToCancel,
                    table.ToOffered,
                },
                transaction, cancellationToken: cancellation)));

    /// <summary>Hosts whose execution at a site is in exactly this status.</summary>
    public static async Task<IReadOnlyList<HostId>> HostsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CommandId command, SiteId site, IReadOnlyCollection<ExecutionStatus> statuses,
        CancellationToken cancellation) =>
        [
            .. (await connection.QueryAsync<Guid>(new CommandDefinition(
                """
                select e.host_id from commands_execution e
                join unnest(@states, @cancels, @offers) as s(state, cancel, offered)
                    on e.state = s.state and e.cancel_requested = s.cancel and e.offered = s.offered
                where e.command_id = @command and e.site_id = @site order by e.host_id
                """,
                new
                {
                    command = command.Value,
                    site = site.Value,
                    states = statuses.Select(s => (short)s.State).ToArray(),
                    cancels = statuses.Select(s => s.CancelRequested).ToArray(),
                    offers = statuses.Select(s => s.Offered).ToArray(),
                },
                transaction, cancellationToken: cancellation))).Select(h => new HostId(h)),
        ];

    // Why the coordinator itself ends an execution.
    private static readonly Dictionary<ExecutionState, string> OwnReasons = new()
    {
        [ExecutionState.Cancelled] = ExecutionReasons.CancelRequested,
        [ExecutionState.Expired] = ExecutionReasons.DeadlinePassed,
        [ExecutionState.Rejected] = ExecutionReasons.SiteRemoved,
        [ExecutionState.Unknown] = ExecutionReasons.NoOutcome,
    };

    private static IReadOnlyCollection<ExecutionChange> Changes(Guid command, IEnumerable<ChangedRow> rows) =>
        [.. rows.Select(r => new ExecutionChange(new(command, r.Site, r.Host), (ExecutionState?)r.Was, (ExecutionState)r.State))];

    private sealed record ChangedRow
    {
        public Guid Site { get; init; }

        public Guid Host { get; init; }

        public short? Was { get; init; }

        public short State { get; init; }
    }
}

/// <summary>Which executions: all of a command, those at one site, or those of some of its hosts.</summary>
internal sealed record ExecutionScope(CommandId Command, SiteId? Site = null, IReadOnlyCollection<HostId>? Hosts = null);
