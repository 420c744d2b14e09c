namespace Hanse.Coordinator.Commands.Reading;

/// <summary>A row of commands_execution as it is shown.</summary>
internal sealed record ExecutionRow
{
    public Guid SiteId { get; init; }

    public Guid HostId { get; init; }

    public string Hostname { get; init; } = "";

    public short State { get; init; }

    public bool CancelRequested { get; init; }

    public int? ExitCode { get; init; }

    public string? Reason { get; init; }

    public string? Detail { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public byte[]? StdoutHead { get; init; }

    public byte[]? StdoutTail { get; init; }

    public long? StdoutLength { get; init; }

    public bool? StdoutTruncated { get; init; }

    public byte[]? StderrHead { get; init; }

    public byte[]? StderrTail { get; init; }

    public long? StderrLength { get; init; }

    public bool? StderrTruncated { get; init; }
}
