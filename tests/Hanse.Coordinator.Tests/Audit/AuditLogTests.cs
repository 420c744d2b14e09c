using Dapper;
using Hanse.Audit;
using Hanse.Protocol.Audit;
using Hanse.Protocol.Ids;
using Hanse.TestKit;

namespace Hanse.Coordinator.Tests.Audit;

/// <summary>A1, A2: the log is what was written, and any byte of it that changed is found.</summary>
public sealed class AuditLogTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private TestDatabase _database = null!;
    private AuditLog _log = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(CoordinatorModule.Migrations);
        _log = new(_clock);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Verify_an_empty_log_is_ok() =>
        Assert.Equal(new AuditVerification(0, true, null, null, null), await VerifyAsync());

    [Fact]
    public async Task Append_one_by_one_or_together_makes_one_gapless_tree()
    {
        Assert.Equal(1, await AppendAsync(Entry("a.first")));
        Assert.Equal(2, await AppendAsync(Entry("a.second"), Entry("a.third")));
        Assert.Equal(4, await AppendAsync(Entry("a.fourth")));

        var found = await VerifyAsync();
        Assert.True(found.Ok, found.Why);
        Assert.Equal(4, found.Entries);
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        var bytes = await connection.QueryAsync<byte[]>("select bytes from audit_entry order by seq");
        Assert.Equal(Convert.ToHexStringLower(MerkleFrontier.Of(bytes.Select(b => MerkleHash.Leaf(b))).Root()), found.Root);
    }

    [Fact]
    public async Task Append_in_a_transaction_that_fails_leaves_no_entry_and_no_gap()
    {
        await AppendAsync(Entry("a.first"));
        await using (var connection = await _database.DataSource.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await _log.AppendAsync(connection, transaction, Entry("a.lost"), default);
        }

        Assert.Equal(2, await AppendAsync(Entry("a.second")));
        Assert.True((await VerifyAsync()).Ok);
    }

    [Fact]
    public async Task Append_from_many_at_once_stays_gapless()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => AppendAsync(Entry($"many.{i}"))));
        var found = await VerifyAsync();
        Assert.True(found.Ok, found.Why);
        Assert.Equal(40, found.Entries);
    }

    [Fact]
    public async Task Append_text_that_databases_refuse_is_kept_in_a_form_that_verifies()
    {
        await AppendAsync(Entry("odd.text") with
        {
            Reason = "nul \0 quote ' \" \\ lone \ud800 pair \U0001F600 <b>",
            Outcome = new string('x', 10_000),
            Detail = new Dictionary<string, string> { ["z"] = "\u2028", ["a"] = "'; drop table audit_entry; --" },
        });
        var found = await VerifyAsync();
        Assert.True(found.Ok, found.Why);
    }

    [Fact]
    public async Task Bytes_are_one_canonical_form_whatever_the_order_of_details()
    {
        var facts = new AuditFacts { Seq = 1, OccurredAt = _clock.GetUtcNow(), Actor = "ada", Operation = "a.b", HostsCount = 0 };
        var one = new AuditDocument(Guid.Empty, facts, new Dictionary<string, string> { ["b"] = "2", ["a"] = "é" });
        var other = new AuditDocument(Guid.Empty, facts, new Dictionary<string, string> { ["a"] = "é", ["b"] = "2" });
        Assert.Equal(one.Write(), other.Write());
        Assert.Equal(
            """
            {"v":1,"log":"00000000000000000000000000000000","seq":1,"time":"2030-01-01T00:00:00.000Z","actor":"ada","account":null,"token":null,"source":null,"operation":"a.b","site":null,"hosts":{"count":0,"root":null},"command":null,"outcome":null,"reason":null,"detail":{"a":"é","b":"2"}}
            """,
            System.Text.Encoding.UTF8.GetString(one.Write()));
        Assert.True(AuditDocument.TryRead(one.Write(), out var read, out _));
        Assert.Equal(facts, read.Facts);
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData("update audit_entry set bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) where seq = 3")]
    [InlineData("update audit_entry set bytes = set_byte(bytes, 0, get_byte(bytes, 0) # 128) where seq = 3")]
    [InlineData("update audit_entry set leaf_hash = set_byte(leaf_hash, 31, get_byte(leaf_hash, 31) # 1) where seq = 3")]
    [InlineData("update audit_entry set occurred_at = occurred_at + interval '1 microsecond' where seq = 3")]
    [InlineData("update audit_entry set actor = actor || 'x' where seq = 3")]
    [InlineData("update audit_entry set account = 'b' || substr(account, 2) where seq = 3")]
    [InlineData("update audit_entry set token = null where seq = 3")]
    [InlineData("update audit_entry set source_address = '192.0.2.8' where seq = 3")]
    [InlineData("update audit_entry set operation = 'host.bam' where seq = 3")]
    [InlineData("update audit_entry set site_id = null where seq = 3")]
    [InlineData("update audit_entry set hosts_count = 2 where seq = 3")]
    [InlineData("update audit_entry set hosts_root = set_byte(hosts_root, 0, get_byte(hosts_root, 0) # 1) where seq = 3")]
    [InlineData("update audit_entry set command_id = null where seq = 3")]
    [InlineData("update audit_entry set outcome = '' where seq = 3")]
    [InlineData("update audit_entry set reason = upper(reason) where seq = 3")]
    [InlineData("update audit_target set hosts = set_byte(hosts, 20, get_byte(hosts, 20) # 1) where seq = 3")]
    [InlineData("update audit_target set hosts = substr(hosts, 17) where seq = 3")]
    [InlineData("delete from audit_target where seq = 3")]
    [InlineData("delete from audit_entry where seq = 3")]
    [InlineData("update audit_entry set seq = 30 where seq = 3")]
    [InlineData("update audit_entry set log = 2 where seq = 3")]
    public async Task Verify_finds_the_entry_that_was_changed(string change)
    {
        await AppendAsync([.. Enumerable.Range(1, 5).Select(_ => Full())]);
        Assert.True((await VerifyAsync()).Ok);
        await ExecuteAsync(change);

        var found = await VerifyAsync();
        Assert.False(found.Ok);
        Assert.Equal(3, found.FirstBad);
        Assert.NotNull(found.Why);
    }

    [Theory]
    [InlineData("delete from audit_entry where seq = 5", 5L)]
    [InlineData("update audit_log set entry_count = 4", 5L)]
    [InlineData("update audit_log set frontier = set_byte(frontier, 3, get_byte(frontier, 3) # 1)", null)]
    [InlineData("update audit_log set log_id = '00000000-0000-0000-0000-000000000000'", 1L)]
    [InlineData("delete from audit_log", 1L)]
    public async Task Verify_finds_that_the_log_itself_was_changed(string change, long? firstBad)
    {
        await AppendAsync([.. Enumerable.Range(1, 5).Select(_ => Full())]);
        await ExecuteAsync(change);
        var found = await VerifyAsync();
        Assert.False(found.Ok);
        Assert.Equal(firstBad, found.FirstBad);
    }

    [Fact]
    public async Task Verify_finds_a_forged_entry_whose_hash_was_made_to_fit()
    {
        await AppendAsync([.. Enumerable.Range(1, 5).Select(_ => Entry("host.ban"))]);
        await ExecuteAsync("""
            update audit_entry set operation = 'host.tag', bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'host.ban', 'host.tag'), 'UTF8') where seq = 2;
            update audit_entry set leaf_hash = sha256('\x00'::bytea || bytes) where seq = 2
            """);
        var found = await VerifyAsync();
        Assert.False(found.Ok);
        Assert.Contains("tree", found.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_pages_newest_first_and_filters()
    {
        var command = CommandId.New();
        await AppendAsync(Entry("command.issue") with { Command = command }, Entry("host.ban"), Entry("command.cancel") with { Command = command });
        var store = new AuditStore(_database.DataSource);

        var first = await store.ListAsync(new() { Limit = 2 }, default);
        Assert.Equal([3L, 2L], first.Select(r => r.Row.Facts.Seq));
        var rest = await store.ListAsync(new() { Limit = 2, After = (first[^1].Log, first[^1].Row.Facts.Seq) }, default);
        Assert.Equal([1L], rest.Select(r => r.Row.Facts.Seq));
        Assert.Equal([3L, 1L], (await store.ListAsync(new() { Limit = 9, Command = command.Value }, default)).Select(r => r.Row.Facts.Seq));
        Assert.Equal([3L, 1L], (await store.ListAsync(new() { Limit = 9, Operation = "command" }, default)).Select(r => r.Row.Facts.Seq));
        Assert.Equal([2L], (await store.ListAsync(new() { Limit = 9, Operation = "host.ban" }, default)).Select(r => r.Row.Facts.Seq));
        Assert.Empty(await store.ListAsync(new() { Limit = 9, Actor = "eve" }, default));
        Assert.Empty(await store.ListAsync(new() { Limit = 9, From = _clock.GetUtcNow().AddHours(1) }, default));
    }

    private static AuditEvent Entry(string operation) => new(operation, new("ada"));

    private static AuditEvent Full() => new("host.ban", new("ada", "ada", "t1", "192.0.2.7"))
    {
        Site = SiteId.New(),
        Hosts = [HostId.New(), HostId.New(), HostId.New()],
        Command = CommandId.New(),
        Outcome = "done",
        Reason = "stolen",
        Detail = new Dictionary<string, string> { ["ticket"] = "4711" },
    };

    private Task<AuditVerification> VerifyAsync() => new AuditVerifier(_database.DataSource).VerifyAsync(default);

    private async Task<long> AppendAsync(params AuditEvent[] entries)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var first = await _log.AppendAsync(connection, transaction, entries, default);
        await transaction.CommitAsync();
        return first;
    }

    private async Task ExecuteAsync(string change)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        Assert.NotEqual(0, await connection.ExecuteAsync(change));
    }
}
