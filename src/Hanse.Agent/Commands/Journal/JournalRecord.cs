namespace Hanse.Agent.Commands.Journal;

/// <summary>One whole record, as read back.</summary>
internal readonly record struct JournalRecord(RecordKind Kind, byte[] Payload);
