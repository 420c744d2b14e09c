namespace Hanse.Audit;

/// <summary>The parts of an entry that are columns as well as bytes. Equal facts mean that the columns are a true projection.</summary>
public sealed record AuditFacts
{
    /// <summary>Gapless within a log, from 1.</summary>
    public required long Seq { get; init; }

    /// <summary>Whole milliseconds, so that bytes and column can say the same.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    public required string Actor { get; init; }

    public string? Account { get; init; }

    public string? Token { get; init; }

    public string? SourceAddress { get; init; }

    public required string Operation { get; init; }

    public Guid? Site { get; init; }

    public required long HostsCount { get; init; }

    /// <summary>Merkle root of the target list in hexadecimal; null without hosts.</summary>
    public string? HostsRoot { get; init; }

    public Guid? Command { get; init; }

    public string? Outcome { get; init; }

    public string? Reason { get; init; }
}
