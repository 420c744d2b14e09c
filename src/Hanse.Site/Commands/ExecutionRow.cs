using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Commands;

/// <summary>One execution as stored.</summary>
internal sealed class ExecutionRow
{
    public Guid CommandId { get; init; }
    public Guid HostId { get; init; }
    public short State { get; init; }
    public bool Offered { get; init; }
    public bool CancelRequested { get; init; }
    public byte[]? Report { get; init; }
    public string Reason { get; init; } = "";

    public ExecutionStatus Status => new((ExecutionState)State, CancelRequested, Offered);

    public (Guid, Guid) Key => (CommandId, HostId);
}

/// <summary>A change of one execution: its new status, the report to keep and send up with it, if any.</summary>
internal sealed record ExecutionChange(Guid CommandId, Guid HostId, ExecutionStatus Status, ExecutionReport? Report);
