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

    /// <summary>It has ended, and all of a stream is here: the outcome may overtake the output, and both may have to wait for a link.</summary>
    public bool HasAll(OutputStream stream, long held)
    {
        if (!Status.IsTerminal || Report is null)
        {
            return Status.IsTerminal;
        }

        var report = ExecutionReport.Parser.ParseFrom(Report);
        var excerpt = stream == OutputStream.Stderr ? report.Stderr : report.Stdout;
        return excerpt is null || (ulong)held >= excerpt switch
        {
            { Kept: > 0 and var kept } => kept,
            { Truncated: true } => 0, // an agent that does not tell how much it kept
            _ => excerpt.Length,
        };
    }
}

/// <summary>A change of one execution: its new status, the report to keep and send up with it, if any.</summary>
internal sealed record ExecutionChange(Guid CommandId, Guid HostId, ExecutionStatus Status, ExecutionReport? Report);
