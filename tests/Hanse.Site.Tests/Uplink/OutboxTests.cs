using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink;
using Hanse.TestKit;
using Npgsql;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Tests.Uplink;

/// <summary>U1–U3 at the site, on a real PostgreSQL.</summary>
public sealed class OutboxTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private TestDatabase _database = null!;

    private NpgsqlDataSource Database => _database.DataSource;

    private OutboxStore Outbox => new(_clock, new OutboxSignals());

    private RecordStore Records => new(Database, _clock);

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(SiteModule.Migrations);

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Given_a_transaction_that_commits_late_When_numbered_Then_no_number_is_skipped()
    {
        var epoch = await Records.GetEpochAsync(default);
        await using var late = await Database.OpenConnectionAsync();
        await using var open = await late.BeginTransactionAsync();
        await Outbox.AppendAsync(open, [Fact("late")], default);
        await AppendAsync("early");
        var first = await Records.FormBatchAsync(epoch, 0, 10, default);
        await open.CommitAsync();

        var second = await Records.FormBatchAsync(epoch, 1, 10, default);

        Assert.Equal(["early"], Operations(first!));
        Assert.Equal((2ul, "late"), (second!.FirstSequence, Operations(second).Single()));
    }

    [Fact]
    public async Task Given_a_lost_answer_When_formed_again_Then_the_same_records_bear_the_same_numbers()
    {
        var epoch = await Records.GetEpochAsync(default);
        await AppendAsync("a", "b", "c");

        var first = await Records.FormBatchAsync(epoch, 0, 2, default);
        var again = await Records.FormBatchAsync(epoch, 0, 2, default);

        Assert.Equal(["a", "b"], Operations(first!));
        Assert.Equal(first, again);
    }

    [Fact]
    public async Task Given_a_mark_below_what_was_acknowledged_When_formed_Then_kept_records_are_sent_again()
    {
        var epoch = await Records.GetEpochAsync(default);
        await AppendAsync("a", "b");
        await Records.FormBatchAsync(epoch, 0, 10, default);
        await Records.AcknowledgeAsync(epoch, new RecordReceipt { HighWater = 2 }, [], default);

        var afterRestore = await Records.FormBatchAsync(epoch, 1, 10, default);

        Assert.Equal(["b"], Operations(afterRestore!));
    }

    [Fact]
    public async Task Given_records_pruned_above_the_mark_When_formed_Then_only_a_new_epoch_helps()
    {
        var epoch = await Records.GetEpochAsync(default);
        await AppendAsync("a", "b");
        await Records.FormBatchAsync(epoch, 0, 10, default);
        await Records.AcknowledgeAsync(epoch, new RecordReceipt { HighWater = 1 }, [], default);
        _clock.Advance(TimeSpan.FromDays(8));
        await Records.PruneAsync(0, default);

        Assert.Null(await Records.FormBatchAsync(epoch, 0, 10, default));
        var next = await Records.BeginEpochAsync(default);
        Assert.Equal(["b"], Operations((await Records.FormBatchAsync(next, 0, 10, default))!));
    }

    [Fact]
    public async Task Given_a_refusal_When_acknowledged_Then_it_is_set_aside_and_confirmed_until_the_coordinator_knows()
    {
        var epoch = await Records.GetEpochAsync(default);
        await AppendAsync("bad", "good");
        await Records.FormBatchAsync(epoch, 0, 10, default);
        var receipt = new RecordReceipt { HighWater = 2, Refusals = { new RecordRefusal { Sequence = 1, Code = "record-invalid", Message = "no" } } };
        await Records.AcknowledgeAsync(epoch, receipt, [], default);

        var next = await Records.FormBatchAsync(epoch, 2, 10, default);
        await Records.ConfirmAsync(epoch, next!.ConfirmedRefusals, default);
        var last = await Records.FormBatchAsync(epoch, 2, 10, default);

        Assert.Equal([1ul], next.ConfirmedRefusals);
        Assert.Empty(last!.ConfirmedRefusals);
    }

    [Fact]
    public async Task Given_a_state_that_changed_while_it_was_sent_When_acknowledged_Then_it_stays_waiting()
    {
        var epoch = await Records.GetEpochAsync(default);
        var states = new StateStore(Database);
        await PutAsync("one");
        var batch = await states.FormBatchAsync(epoch, 10, default);
        await PutAsync("two");
        await states.AcknowledgeAsync(batch, new StateReceipt(), default);

        var rest = await states.FormBatchAsync(epoch, 10, default);

        Assert.Equal("two", rest.Entries.Single().Host.Hostname);
        await states.AcknowledgeAsync(rest, new StateReceipt(), default);
        Assert.Empty((await states.FormBatchAsync(epoch, 10, default)).Entries);
    }

    [Fact]
    public async Task Given_the_same_value_again_When_put_Then_nothing_waits()
    {
        var epoch = await Records.GetEpochAsync(default);
        var states = new StateStore(Database);
        await PutAsync("same");
        await states.AcknowledgeAsync(await states.FormBatchAsync(epoch, 10, default), new StateReceipt(), default);
        await PutAsync("same");

        Assert.Empty((await states.FormBatchAsync(epoch, 10, default)).Entries);
    }

    private async Task AppendAsync(params string[] operations)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Outbox.AppendAsync(transaction, [.. operations.Select(Fact)], default);
        await transaction.CommitAsync();
    }

    private async Task PutAsync(string hostname)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Outbox.PutAsync(transaction, StateClass.Host, [(ByteString.CopyFromUtf8("key"), new HostState { Hostname = hostname })], default);
        await transaction.CommitAsync();
    }

    private static Record Fact(string operation) => new() { Audit = new AuditRecord { Operation = operation } };

    private static IEnumerable<string> Operations(RecordBatch batch) => batch.Records.Select(r => r.Audit.Operation);
}
