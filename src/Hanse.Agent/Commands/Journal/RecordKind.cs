namespace Hanse.Agent.Commands.Journal;

/// <summary>Kinds of records in an execution's journal. Numbers are on disk and never change.</summary>
internal enum RecordKind : byte
{
    /// <summary>An offer was accepted, with its deadline.</summary>
    Order = 1,

    /// <summary>It is about to start: where its script and its cgroup are.</summary>
    Taken = 2,

    /// <summary>Its process, which has not yet been let go.</summary>
    Process = 3,

    /// <summary>A wish to cancel came.</summary>
    CancelRequested = 4,

    /// <summary>How it ended; the first one counts.</summary>
    Outcome = 5,

    /// <summary>The site holds the outcome.</summary>
    Acknowledged = 6,
}
