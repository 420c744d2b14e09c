using System.Text.Json.Serialization;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Commands.Reading;

/// <summary>A command as the API shows it.</summary>
internal sealed record CommandView
{
    public required CommandId Id { get; init; }

    /// <summary>queued, in-progress, completed, partial, failed, cancelled or expired (D3).</summary>
    public required string State { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>For starting.</summary>
    public required DateTimeOffset Deadline { get; init; }

    public required string Actor { get; init; }

    public required string Reason { get; init; }

    public required ScriptView Script { get; init; }

    public required int HostCount { get; init; }

    /// <summary>How many executions are in each state; states with none are left out.</summary>
    public required IReadOnlyDictionary<string, long> Counts { get; init; }

    public required bool CancelRequested { get; init; }

    /// <summary>The site that told of it, where it was given there.</summary>
    public SiteId? ToldBy { get; init; }

    /// <summary>Differs whenever <see cref="Counts"/> do: what <c>?since=</c> takes.</summary>
    public required string Version { get; init; }

    /// <summary>The first of them; a list of commands leaves them out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ExecutionView>? Executions { get; init; }

    /// <summary>Cursor for GET …/executions where <see cref="Executions"/> are not all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExecutionsNext { get; init; }

    public static CommandView Of(CommandRow command, ExecutionTally tally) => new()
    {
        Id = command.CommandId,
        State = tally.State.ToName(),
        CreatedAt = command.CreatedAt,
        Deadline = command.Deadline,
        Actor = command.Actor,
        Reason = command.Reason,
        Script = ScriptView.Of(command.ToWire()),
        HostCount = command.HostCount,
        Counts = tally.Counts.Where(c => c.Value > 0).ToDictionary(c => c.Key.ToName(), c => c.Value),
        CancelRequested = command.CancelRequestedAt is not null,
        ToldBy = command.ToldBy is { } site ? new SiteId(site) : null,
        Version = tally.Version,
    };
}
