using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;

namespace Hanse.Agent.Commands.Journal;

/// <summary>What the agent keeps in memory of one journaled execution. Changed by <see cref="ExecutionJournal"/> alone, under its lock.</summary>
internal sealed class ExecutionEntry(CommandId id, string folder)
{
    internal CommandId Id { get; } = id;

    internal string Folder { get; } = folder;

    internal string File => Path.Combine(Folder, "journal");

    internal string Stdout => Path.Combine(Folder, "stdout");

    internal string Stderr => Path.Combine(Folder, "stderr");

    internal ExecutionDeadline? Deadline { get; set; }

    /// <summary>Null while it waits for its turn: journaled, but not taken in the sense of the machine.</summary>
    internal ExecutionStatus? Status { get; set; }

    internal DateTimeOffset? Started { get; set; }

    internal ExecutionPlace? Place { get; set; }

    internal bool Acknowledged { get; set; }

    internal bool OutputAcknowledged { get; set; }

    /// <summary>Bytes on disk, or reserved while it may still write.</summary>
    internal long Size { get; set; }

    internal bool HasEnded => Status is { IsTerminal: true };
}
