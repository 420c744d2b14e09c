namespace Hanse.Site.Commands;

/// <summary>One execution as the API shows it.</summary>
internal sealed class ExecutionView
{
    public Guid HostId { get; init; }
    public string? Hostname { get; init; }
    public short State { get; init; }
    public bool CancelRequested { get; init; }
    public int? ExitCode { get; init; }
    public string Reason { get; init; } = "";
    public string Detail { get; init; } = "";
    public byte[]? Report { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
}
