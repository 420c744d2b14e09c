using Google.Protobuf;
using Hanse.Agent.Data;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands.Journal;

/// <summary>What the agent remembers of executions across its own death (D4, D5): a folder each, with an append-only journal and the
/// output. A change is durable before the call returns; a legal step is judged by <see cref="ExecutionMachine"/> and an illegal one is a
/// bug and throws. Bounded in number and bytes: beyond, <see cref="HasRoom"/> is false. Thread-safe.</summary>
internal sealed class ExecutionJournal
{
    // Journal frames, excerpts of both streams and the files' own overhead.
    private const int FixedReserve = 128 * 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<CommandId, ExecutionEntry> _entries = [];
    private readonly string _root;
    private readonly ExecutionOptions _options;
    private readonly TimeProvider _time;

    private ExecutionJournal(string root, ExecutionOptions options, TimeProvider time) => (_root, _options, _time) = (root, options, time);

    /// <summary>Reads what is there; folders whose order never became durable are removed, for nothing was answered about them.</summary>
    internal static ExecutionJournal Open(string root, ExecutionOptions options, TimeProvider time)
    {
        PrivateFolder.Create(root);
        var journal = new ExecutionJournal(root, options, time);
        foreach (var folder in Directory.EnumerateDirectories(root))
        {
            if (CommandId.TryParse(Path.GetFileName(folder), out var id) && EntryReader.Load(id, folder) is { } entry)
            {
                journal._entries.Add(id, entry);
            }
            else
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return journal;
    }

    internal IReadOnlyList<ExecutionEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Values];
            }
        }
    }

    internal ExecutionEntry? Find(CommandId id)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(id);
        }
    }

    /// <summary>True if one more execution with this much output fits.</summary>
    internal bool HasRoom(long outputBytes)
    {
        lock (_gate)
        {
            return _entries.Count < _options.MaximumExecutions
                && _entries.Values.Sum(e => e.Size) + outputBytes + FixedReserve <= _options.MaximumBytes
                && new DriveInfo(_root).AvailableFreeSpace >= _options.FreeFloor;
        }
    }

    /// <summary>Stores an order that will run when its turn comes.</summary>
    internal ExecutionEntry Accept(CommandId id, ExecutionOffer offer, ExecutionDeadline deadline, long outputBytes)
    {
        lock (_gate)
        {
            var entry = New(id, RecordKind.Order, RecordCodec.Order(offer, deadline));
            entry.Deadline = deadline;
            entry.Size = offer.CalculateSize() + outputBytes + FixedReserve;
            return entry;
        }
    }

    /// <summary>A cancel overtook its offer: what comes later under this id is answered <c>cancelled</c>.</summary>
    internal ExecutionEntry Tombstone(CommandId id, ExecutionDeadline deadline, ExecutionReport report)
    {
        lock (_gate)
        {
            var status = Legal(ExecutionMachine.Cancel(null, ExecutionNode.Agent));
            var entry = New(id, RecordKind.CancelRequested, RecordCodec.Deadline(deadline));
            entry.Deadline = deadline;
            JournalFile.Append(entry.File, RecordKind.Outcome, report.ToByteArray());
            (entry.Status, entry.Size) = (status, FixedReserve / 32);
            return entry;
        }
    }

    internal ExecutionOffer OrderOf(ExecutionEntry entry) =>
        RecordCodec.ReadOrder(JournalFile.Read(entry.File).First(r => r.Kind == RecordKind.Order).Payload).Offer;

    /// <summary>It starts now: from here on a restart ends it.</summary>
    internal void Take(ExecutionEntry entry, DateTimeOffset started, ExecutionPlace place)
    {
        lock (_gate)
        {
            var status = Legal(ExecutionMachine.Take(entry.Status, ExecutionNode.Agent));
            JournalFile.Append(entry.File, RecordKind.Taken, RecordCodec.Place(started, place));
            (entry.Status, entry.Started, entry.Place) = (status, started, place);
        }
    }

    internal void SetProcess(ExecutionEntry entry, ExecutionPlace place)
    {
        lock (_gate)
        {
            JournalFile.Append(entry.File, RecordKind.Process, RecordCodec.Place(entry.Started ?? default, place));
            entry.Place = place;
        }
    }

    internal void RequestCancel(ExecutionEntry entry)
    {
        lock (_gate)
        {
            var transition = ExecutionMachine.Cancel(entry.Status, ExecutionNode.Agent);
            if (transition.IsApplied)
            {
                JournalFile.Append(entry.File, RecordKind.CancelRequested, []);
                entry.Status = transition.Status is { IsTerminal: true } ? entry.Status : transition.Status;
            }
        }
    }

    /// <summary>Ends it, once; a second end is ignored.</summary>
    internal void End(ExecutionEntry entry, ExecutionReport report)
    {
        lock (_gate)
        {
            if (entry.HasEnded)
            {
                return;
            }

            // Waiting, it was never taken: a cancel then leaves what a tombstone leaves.
            var status = entry.Status is null && report.State == ExecutionState.Cancelled
                ? Legal(ExecutionMachine.Cancel(null, ExecutionNode.Agent))
                : Legal(ExecutionMachine.End(entry.Status, ExecutionNode.Agent, report.State));
            JournalFile.Append(entry.File, RecordKind.Outcome, report.ToByteArray());
            entry.Status = status;
            entry.Size = EntryReader.SizeOf(entry);
        }
    }

    /// <summary>The report of where it stands: the journaled outcome, or the open state.</summary>
    internal ExecutionReport ReportOf(ExecutionEntry entry)
    {
        lock (_gate)
        {
            if (entry.HasEnded)
            {
                return ExecutionReport.Parser.ParseFrom(JournalFile.Read(entry.File).First(r => r.Kind == RecordKind.Outcome).Payload);
            }

            return new ExecutionReport
            {
                CommandId = entry.Id.ToWire(),
                State = entry.Status?.State ?? ExecutionState.Delivered,
                StartedUnixMs = entry.Started?.ToUnixTimeMilliseconds() ?? 0,
            };
        }
    }

    internal void Acknowledge(ExecutionEntry entry)
    {
        lock (_gate)
        {
            if (entry is { HasEnded: true, Acknowledged: false })
            {
                JournalFile.Append(entry.File, RecordKind.Acknowledged, []);
                entry.Acknowledged = true;
            }
        }
    }

    /// <summary>The site holds all output: the files go.</summary>
    internal void AcknowledgeOutput(ExecutionEntry entry)
    {
        lock (_gate)
        {
            if (!entry.OutputAcknowledged)
            {
                entry.OutputAcknowledged = true;
                File.Delete(entry.Stdout);
                File.Delete(entry.Stderr);
                entry.Size = EntryReader.SizeOf(entry);
            }
        }
    }

    /// <summary>Forgets what the site acknowledged and whose deadline is long enough past (D4). Returns how many.</summary>
    internal int Sweep()
    {
        lock (_gate)
        {
            var limit = _time.GetUtcNow() - _options.Keep;
            var gone = _entries.Values.Where(e => e.Acknowledged && e.Deadline?.Wall < limit).ToList();
            foreach (var entry in gone)
            {
                Directory.Delete(entry.Folder, recursive: true);
                _entries.Remove(entry.Id);
            }

            return gone.Count;
        }
    }

    private ExecutionEntry New(CommandId id, RecordKind kind, byte[] payload)
    {
        var entry = new ExecutionEntry(id, Path.Combine(_root, id.ToString()));
        PrivateFolder.Create(entry.Folder);
        try
        {
            JournalFile.Append(entry.File, kind, payload);
            DurableFolder.Sync(entry.Folder);
            DurableFolder.Sync(_root);
        }
        catch (IOException)
        {
            Directory.Delete(entry.Folder, recursive: true);
            throw;
        }

        _entries.Add(id, entry);
        return entry;
    }

    private static ExecutionStatus Legal(ExecutionTransition transition) => transition is { IsApplied: true, Status: { } status }
        ? status
        : throw new InvalidOperationException($"The execution machine refused a step of its own agent: {transition.Why ?? "no change"}.");
}
