using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands.Journal;

/// <summary>Rebuilds an entry from its folder. A last record that was torn by a crash never happened.</summary>
internal static class EntryReader
{
    /// <summary>Null when not even the order is whole.</summary>
    internal static ExecutionEntry? Load(CommandId id, string folder)
    {
        var entry = new ExecutionEntry(id, folder);
        var records = JournalFile.Recover(entry.File);
        foreach (var record in records)
        {
            Apply(entry, record);
        }

        if (entry.Deadline is null)
        {
            return null;
        }

        // The files go once the site holds all of them, so their absence is the record of it.
        entry.OutputAcknowledged = entry.HasEnded && !File.Exists(entry.Stdout) && !File.Exists(entry.Stderr);
        entry.Size = SizeOf(entry);
        return entry;
    }

    internal static long SizeOf(ExecutionEntry entry) => new DirectoryInfo(entry.Folder).EnumerateFiles().Sum(f => f.Length);

    private static void Apply(ExecutionEntry entry, JournalRecord record)
    {
        switch (record.Kind)
        {
            case RecordKind.Order:
                entry.Deadline = RecordCodec.ReadOrder(record.Payload).Deadline;
                break;
            case RecordKind.Taken or RecordKind.Process:
                (entry.Started, entry.Place) = RecordCodec.ReadPlace(record.Payload);
                entry.Status = new ExecutionStatus(ExecutionState.Running, entry.Status?.CancelRequested ?? false);
                break;
            case RecordKind.CancelRequested when record.Payload.Length > 0:
                // A tombstone: the wish is all there ever was, so it ended here even if the outcome behind it was torn.
                entry.Deadline = RecordCodec.ReadDeadline(record.Payload);
                entry.Status = new ExecutionStatus(ExecutionState.Running, CancelRequested: true);
                break;
            case RecordKind.CancelRequested:
                entry.Status = (entry.Status ?? default) with { CancelRequested = true };
                entry.Status = entry.Status is { State: ExecutionState.Unspecified } ? null : entry.Status;
                break;
            case RecordKind.Outcome when !entry.HasEnded:
                var state = ExecutionReport.Parser.ParseFrom(record.Payload).State;
                entry.Status = new ExecutionStatus(state, entry.Status?.CancelRequested ?? false);
                break;
            case RecordKind.Acknowledged:
                entry.Acknowledged = true;
                break;
            default:
                break;
        }
    }
}
