using Dapper;
using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink;
using Hanse.TestKit;
using Npgsql;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Tests.Uplink;

/// <summary>A real outbox on a real PostgreSQL, the one drainer in front of it, a coordinator by the rules of U1–U3, and between them a network that
/// repeats, delays past the next link, and loses. Either side crashes: what it had not stored is gone. Either side's records are also set back
/// to what they once were (U4, U6): then what only the other had not yet is gone for good, and what both had may come twice.</summary>
internal sealed class OutboxWorld(NpgsqlDataSource database, ManualClock clock) : IAsyncDisposable
{
    /// <summary>How many different steps <see cref="DoAsync"/> knows.</summary>
    public const int Steps = 20;

    private const int BatchSize = 3;
    private const int Keys = 5;
    private static readonly string[] SiteTables = ["uplink_self", "uplink_record", "uplink_set_aside"];

    private readonly OutboxStore _outbox = new(clock, new OutboxSignals());
    private readonly List<(int Fence, RecordBatch Batch)> _sent = [];
    private readonly List<(int Fence, StateBatch Batch)> _sentStates = [];
    private RecordStore _records = new(database, clock);
    private StateStore _states = new(database);
    private NpgsqlTransaction? _late;
    private List<Record> _lateFacts = [];
    private RecordReceipt? _answer;
    private RecordBatch? _waiting;
    private Guid _epoch;
    private long _mark;
    private int _picks;

    // The coordinator, as its database holds it.
    private List<AppliedEpoch> _epochs = [];
    private List<AppliedEpoch> _backup = [];
    private readonly Dictionary<ByteString, StateEntry> _held = [];
    private int _fence;
    private int _life = 1;

    /// <summary>What is owed: somebody still has it.</summary>
    public List<string> Committed { get; private set; } = [];

    /// <summary>The site was set back, so that it tells again what the coordinator has of it.</summary>
    public bool SiteWasRestored { get; private set; }

    /// <summary>What the coordinator did, in order.</summary>
    public IReadOnlyList<string> Applied => [.. _epochs.SelectMany(e => e.Applied).Select(r => r.Audit.Operation)];

    public IReadOnlyDictionary<ByteString, StateEntry> Held => _held;

    /// <summary>Refusals that the site has not confirmed (U3).</summary>
    public int OpenRefusals => _epochs[^1].OpenRefusals.Count;

    public Dictionary<ByteString, string?> Truth { get; } = [];

    public async Task StartAsync()
    {
        await using (var connection = await database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("truncate uplink_self, uplink_record, uplink_set_aside, uplink_state restart identity");
        }

        await _records.GetEpochAsync(default);
        await BackUpSiteAsync();

        await LinkAsync();
    }

    public async Task DoAsync(int step)
    {
        clock.Advance(TimeSpan.FromSeconds(1));
        switch (step)
        {
            case 0 or 1: await AppendAsync(1 + (_picks++ % 3)); break;
            case 2: await BeginLateAsync(); break;
            case 3: await EndLateAsync(); break;
            case 4 or 5: await SendAsync(); break;
            case 6 or 7: Deliver(_sent.Count - 1, answered: true); break;
            case 8: Deliver(_picks++ * 7, answered: false); break;
            case 9: await TakeAnswerAsync(); break;
            case 10: await LinkAsync(); break;
            case 11: await CrashAsync(); break;
            case 12: await PutAsync(); break;
            case 13: await SendStatesAsync(); break;
            case 14: DeliverStates(_picks++ * 7); break;
            case 15: await RestoreCoordinatorAsync(); break;
            case 16: _backup = [.. _epochs.Select(e => e.Copy())]; break;
            case 17: await BackUpSiteAsync(); break;
            case 18: await RestoreSiteAsync(); break;
            default: await LinkAsync(); break;
        }
    }

    /// <summary>The network holds still and everyone does what it owes until nothing is left.</summary>
    public async Task SettleAsync()
    {
        await EndLateAsync();
        await LinkAsync();
        for (var (round, idleRounds) = (0, 0); round < 200; round++)
        {
            await SendAsync();
            var idle = _waiting is null or { Records.Count: 0, ConfirmedRefusals.Count: 0 };
            Deliver(_sent.Count - 1, answered: true);
            await TakeAnswerAsync();
            var states = await SendStatesAsync();
            // The answer to a round that had nothing may still repeat a refusal, which the next one confirms.
            idleRounds = idle && states == 0 ? idleRounds + 1 : 0;
            if (idleRounds == 2)
            {
                return;
            }
        }

        throw new InvalidOperationException("The outbox never became empty.");
    }

    public async ValueTask DisposeAsync() => await EndLateAsync();

    private static Record Fact(string name) => new() { Audit = new AuditRecord { Operation = name } };

    private static bool IsBad(Record record) => record.Audit.Operation.EndsWith('3');

    private async Task AppendAsync(int count)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var facts = Enumerable.Range(0, count).Select(_ => Fact($"{_picks++}")).ToList();
        await _outbox.AppendAsync(transaction, facts, default);
        await transaction.CommitAsync();
        Committed.AddRange(facts.Select(f => f.Audit.Operation));
    }

    /// <summary>A transaction that has its rows before others and commits after them.</summary>
    private async Task BeginLateAsync()
    {
        if (_late is null)
        {
            var connection = await database.OpenConnectionAsync();
            _late = await connection.BeginTransactionAsync();
            _lateFacts = [Fact($"{_picks++}")];
            await _outbox.AppendAsync(_late, _lateFacts, default);
        }
    }

    private async Task EndLateAsync()
    {
        if (_late is not { } late)
        {
            return;
        }

        var connection = late.Connection!;
        await late.CommitAsync();
        await connection.DisposeAsync();
        _late = null;
        Committed.AddRange(_lateFacts.Select(f => f.Audit.Operation));
    }

    private async Task SendAsync()
    {
        if (_waiting is not null)
        {
            return; // one in flight
        }

        if (await _records.FormBatchAsync(_epoch, _mark, BatchSize, default) is not { } batch)
        {
            await _records.BeginEpochAsync(default);
            await LinkAsync();
            return;
        }

        _waiting = batch;
        _sent.Add((_fence, batch));
    }

    /// <summary>The coordinator takes any batch that was ever sent; the answer may get lost.</summary>
    private void Deliver(int index, bool answered)
    {
        if (_sent.Count == 0)
        {
            return;
        }

        var (fence, batch) = _sent[index % _sent.Count];
        if (fence != _fence)
        {
            return; // L6: of a link that is no more
        }

        var (_, applied, refusals) = _epochs.Single(e => e.Epoch == batch.Epoch);
        refusals.ExceptWith(batch.ConfirmedRefusals);
        for (var i = 0; i < batch.Records.Count; i++)
        {
            var sequence = batch.FirstSequence + (ulong)i;
            if (sequence == (ulong)applied.Count + 1)
            {
                applied.Add(batch.Records[i]);
                if (IsBad(batch.Records[i]))
                {
                    refusals.Add(sequence);
                }
            }
        }

        if (answered && ReferenceEquals(batch, _waiting))
        {
            _answer = new RecordReceipt { Epoch = batch.Epoch, HighWater = (ulong)applied.Count };
            _answer.Refusals.AddRange(refusals.Order().Select(s => new RecordRefusal { Sequence = s, Code = ErrorCodes.RecordInvalid, Message = "no" }));
        }
    }

    private async Task TakeAnswerAsync()
    {
        if (_answer is not { } answer || _waiting is not { } batch)
        {
            return;
        }

        await _records.ConfirmAsync(_epoch, batch.ConfirmedRefusals, default);
        await _records.AcknowledgeAsync(_epoch, answer, [], default);
        (_mark, _answer, _waiting) = ((long)answer.HighWater, null, null);
    }

    /// <summary>The link breaks and another comes up: the fence rises, what was under way gets no answer, and the mark is asked for.</summary>
    private async Task LinkAsync()
    {
        _fence++;
        (_answer, _waiting) = (null, null);
        _epoch = await _records.GetEpochAsync(default);
        await _records.MetAsync(new Guid(_life, 0, 0, new byte[8]), _life, default);
        while (!Know(_epoch) || Mark(_epoch) > await _records.LastGivenAsync(default) || await TookBackAsync())
        {
            _epoch = await _records.BeginEpochAsync(default);
        }

        _mark = Mark(_epoch);
    }

    private async Task<bool> TookBackAsync()
    {
        var older = await _records.OlderEpochsAsync(_epoch, default);
        return await _records.TakeBackAsync(_epoch, Mark(_epoch), older.ToDictionary(e => e, Mark), default);
    }

    /// <summary>False for an epoch that another has followed (U6).</summary>
    private bool Know(Guid epoch)
    {
        var bytes = RecordStore.EpochBytes(epoch);
        if (!_epochs.Exists(e => e.Epoch == bytes))
        {
            _epochs.Add(new(bytes, [], []));
        }

        return _epochs[^1].Epoch == bytes;
    }

    private long Mark(Guid epoch) => _epochs.Find(e => e.Epoch == RecordStore.EpochBytes(epoch))?.Applied.Count ?? 0;

    /// <summary>The site's process dies and starts on the same database: an open transaction is gone.</summary>
    private async Task CrashAsync()
    {
        if (_late is { } late)
        {
            await late.Connection!.DisposeAsync();
            _late = null;
        }

        (_records, _states) = (new RecordStore(database, clock), new StateStore(database));
        await LinkAsync();
    }

    /// <summary>To its backup; the site keeps what was acknowledged and sends it again (U4).</summary>
    private async Task RestoreCoordinatorAsync()
    {
        _epochs = [.. _backup.Select(e => e.Copy())];
        _life++;
        await ForgetAsync();
        await LinkAsync();
    }

    private async Task BackUpSiteAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        foreach (var table in SiteTables)
        {
            await connection.ExecuteAsync($"drop table if exists kept_{table}; create table kept_{table} as select * from {table}");
        }
    }

    /// <summary>To its backup: it goes on in an epoch that the coordinator has seen more of (U6).</summary>
    private async Task RestoreSiteAsync()
    {
        await EndLateAsync();
        await using (var connection = await database.OpenConnectionAsync())
        {
            foreach (var table in SiteTables)
            {
                await connection.ExecuteAsync($"truncate {table}; insert into {table} overriding system value select * from kept_{table}");
            }
        }

        SiteWasRestored = true;
        await ForgetAsync();
        await CrashAsync();
    }

    /// <summary>What neither side has is owed no more.</summary>
    private async Task ForgetAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        var held = (await connection.QueryAsync<byte[]>("select fact from uplink_record")).Select(f => Record.Parser.ParseFrom(f).Audit.Operation)
            .Concat(Applied).ToHashSet(StringComparer.Ordinal);
        Committed = [.. Committed.Where(held.Contains)];
    }

    private async Task PutAsync()
    {
        var key = ByteString.CopyFrom((byte)(_picks++ % Keys));
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var name = _picks % 4 == 0 ? null : $"{_picks}";
        await (name is null
            ? _outbox.DeleteAsync(transaction, StateClass.Host, key, default)
            : _outbox.PutAsync(transaction, StateClass.Host, [(key, new HostState { Hostname = name })], default));
        await transaction.CommitAsync();
        Truth[key] = name;
    }

    private async Task<int> SendStatesAsync()
    {
        var batch = await _states.FormBatchAsync(_epoch, 2, default);
        if (batch.Entries.Count > 0)
        {
            _sentStates.Add((_fence, batch));
            DeliverStates(_sentStates.Count - 1);
            if (_picks++ % 3 > 0)
            {
                await _states.AcknowledgeAsync(batch, new StateReceipt(), default);
            }
        }

        return batch.Entries.Count;
    }

    /// <summary>States have no mark: any batch of the current link, in any order, as often as the network likes.</summary>
    private void DeliverStates(int index)
    {
        if (_sentStates.Count == 0 || _sentStates[index % _sentStates.Count].Fence != _fence)
        {
            return;
        }

        foreach (var entry in _sentStates[index % _sentStates.Count].Batch.Entries)
        {
            if (!_held.TryGetValue(entry.Key, out var held) || held.Counter < entry.Counter)
            {
                _held[entry.Key] = entry;
            }
        }
    }

    /// <summary>What the coordinator has of one epoch.</summary>
    private sealed record AppliedEpoch(ByteString Epoch, List<Record> Applied, HashSet<ulong> OpenRefusals)
    {
        public AppliedEpoch Copy() => new(Epoch, [.. Applied], [.. OpenRefusals]);
    }
}
