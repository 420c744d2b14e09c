using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Commands;

/// <summary>A row of commands_command.</summary>
internal sealed record CommandRow
{
    public Guid Id { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset Deadline { get; init; }

    public DateTimeOffset GiveUpAt { get; init; }

    public string Actor { get; init; } = "";

    public string Reason { get; init; } = "";

    public byte[] Script { get; init; } = [];

    public int HostCount { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    public string? CancelRequestedBy { get; init; }

    public Guid? ToldBy { get; init; }

    public bool Local { get; init; }

    public CommandId CommandId => new(Id);

    public Script ToWire() => Protocol.Messages.Script.Parser.ParseFrom(Script);
}
