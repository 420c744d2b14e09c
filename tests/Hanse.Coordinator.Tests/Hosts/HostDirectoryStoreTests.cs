using Dapper;
using Hanse.Coordinator.Hosts;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using static Hanse.Coordinator.Tests.Hosts.DirectoryDatabase;

namespace Hanse.Coordinator.Tests.Hosts;

public sealed class HostDirectoryStoreTests : IAsyncLifetime
{
    private readonly DirectoryDatabase _directory = new();

    public ValueTask InitializeAsync() => _directory.InitializeAsync();

    public ValueTask DisposeAsync() => _directory.DisposeAsync();

    [Fact]
    public async Task Apply_an_older_or_equal_version_changes_nothing()
    {
        await _directory.ApplyAsync(North, Entry(1, 5, State("new")));

        Assert.Empty(await _directory.ApplyAsync(North, Entry(1, 4, State("old")), Entry(1, 5, State("same"))));

        Assert.Contains(" new ", Assert.Single(await _directory.RowsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_one_host_twice_in_a_batch_keeps_the_newer()
    {
        await _directory.ApplyAsync(North, Entry(1, 9, State("newer")), Entry(1, 8, State("older")));

        Assert.Contains(" 9 newer ", Assert.Single(await _directory.RowsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_a_new_epoch_wins_whatever_its_counter()
    {
        await _directory.ApplyAsync(North, epoch: 1, Entry(1, 900, State("before")));

        await _directory.ApplyAsync(North, epoch: 2, Entry(1, 1, State("after")));

        Assert.Contains(" 2 1 after ", Assert.Single(await _directory.RowsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_a_deleted_host_stays_deleted_until_a_newer_entry()
    {
        await _directory.ApplyAsync(North, Entry(1, 1, State("web")), Deletion(2, 7));
        await _directory.ApplyAsync(North, Deletion(1, 3));

        await _directory.ApplyAsync(North, Entry(1, 2, State("replayed")), Entry(2, 6, State("replayed")));
        Assert.Empty(await _directory.RowsAsync());

        await _directory.ApplyAsync(North, Entry(1, 4, State("again")));
        Assert.Contains("again", Assert.Single(await _directory.RowsAsync()), StringComparison.Ordinal);
        Assert.Equal(1, await _directory.ScalarAsync<long>("select count(*) from hosts_tombstone"));
    }

    [Fact]
    public async Task Apply_a_host_of_another_site_is_refused_and_shown()
    {
        await _directory.ApplyAsync(North, Entry(1, 1, State("web")));

        var refusals = await _directory.ApplyAsync(South, Entry(1, 99, State("stolen")), Entry(2, 1, State("mine")));

        var refusal = Assert.Single(refusals);
        Assert.Equal((ErrorCodes.HostOwnedElsewhere, 99ul, Host(1).ToWire()), (refusal.Code, refusal.Counter, refusal.Key));
        Assert.Contains((await _directory.RowsAsync()), row => row.Contains(" 1 1 1 web ", StringComparison.Ordinal));
        Assert.Equal("2 1 stolen 1", await _directory.ScalarAsync<string>("select concat_ws(' ', claimant, owner, hostname, claims) from hosts_conflict"));
    }

    [Fact]
    public async Task Apply_a_deletion_by_another_site_leaves_the_owner_alone()
    {
        await _directory.ApplyAsync(North, Entry(1, 1, State("web")));

        Assert.Empty(await _directory.ApplyAsync(South, Deletion(1, 99)));

        Assert.Single(await _directory.RowsAsync());
        Assert.Equal(0, await _directory.ScalarAsync<long>("select count(*) from hosts_tombstone"));
    }

    [Fact]
    public async Task Apply_a_host_deleted_at_one_site_is_not_taken_up_by_another()
    {
        await _directory.ApplyAsync(North, Deletion(1, 3));

        Assert.Equal(ErrorCodes.HostOwnedElsewhere, Assert.Single(await _directory.ApplyAsync(South, Entry(1, 1, State("ghost")))).Code);

        Assert.Empty(await _directory.RowsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AuthoriseMove_lets_the_new_site_take_over_once(bool deletedFirst)
    {
        await _directory.ApplyAsync(North, Entry(1, 500, State("web")));
        if (deletedFirst)
        {
            await _directory.ApplyAsync(North, Deletion(1, 501));
        }

        await using (var connection = await _directory.Source.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await _directory.Store.AuthoriseMoveAsync(connection, transaction, Host(1), South, CancellationToken.None);
            await transaction.CommitAsync();
        }

        Assert.Empty(await _directory.ApplyAsync(South, Entry(1, 1, State("moved"))));
        Assert.Contains(" 2 1 1 moved ", Assert.Single(await _directory.RowsAsync()), StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.HostOwnedElsewhere, Assert.Single(await _directory.ApplyAsync(North, Entry(1, 502, State("back")))).Code);
        Assert.Equal(0, await _directory.ScalarAsync<long>("select count(*) from hosts_move"));
    }

    [Fact]
    public async Task Apply_refuses_by_field_what_no_row_may_hold_and_keeps_the_rest()
    {
        var tags = State("tags");
        tags.Tags.Add("line\nbreak");
        var address = State("address");
        address.Addresses.Add(Google.Protobuf.ByteString.CopyFrom(1, 2, 3));
        var kernel = State("kernel");
        kernel.Kernel = new string('k', 10_000);
        var status = State("status");
        status.Status = (HostStatus)99;

        var refusals = await _directory.ApplyAsync(
            North,
            Entry(1, 1, State(new string('x', 10_000))), Entry(2, 1, State("bell\u0007")), Entry(3, 1, State("")), Entry(4, 1, tags), Entry(5, 1, address),
            Entry(6, 1, kernel), Entry(7, 1, status), Entry(8, 1, State("nul\0")), Entry(9, 1, State("fine")),
            new StateEntry { Class = StateClass.Host, Key = Google.Protobuf.ByteString.CopyFromUtf8("short"), Counter = 1, Deleted = true });

        Assert.All(refusals, r => Assert.Equal(ErrorCodes.HostInvalid, r.Code));
        Assert.Equal(
            ["hostname", "hostname", "hostname", "tags", "addresses", "kernel", "status", "hostname", "key"],
            refusals.Select(r => r.Message.Split(' ')[0]));
        Assert.Contains("fine", Assert.Single(await _directory.RowsAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'; drop table hosts_host; --")]
    [InlineData("{web,\"db\"}\\")]
    [InlineData("büro-pc $(reboot) `id` %_%")]
    public async Task Apply_sql_and_shell_in_texts_are_just_texts(string text)
    {
        var state = State(text);
        state.Os = text;
        state.Tags.Add(text);

        Assert.Empty(await _directory.ApplyAsync(North, Entry(1, 1, state)));

        var host = Assert.Single((await _directory.Search.SearchAsync(new() { Text = text, Tags = [text], Os = text }, CancellationToken.None)).Items);
        Assert.Equal((text.ToLowerInvariant(), text, text), (host.Hostname, host.Os, Assert.Single(host.Tags)));
    }

    [Fact]
    public async Task Apply_reported_tags_never_touch_assigned_ones()
    {
        var state = State("web");
        state.Tags.AddRange(["b", "a", "a"]);
        await _directory.ApplyAsync(North, Entry(1, 1, state));
        await using var connection = await _directory.Source.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            Assert.True(await HostTagsStore.AssignAsync(connection, transaction, Host(1), ["mine", "too"], CancellationToken.None));
            Assert.True(await HostTagsStore.AssignAsync(connection, transaction, Host(1), ["mine", "a"], CancellationToken.None));
            Assert.False(await HostTagsStore.AssignAsync(connection, transaction, Host(2), ["mine"], CancellationToken.None));
            await transaction.CommitAsync();
        }

        Assert.Equal(["a", "b", "mine"], Assert.Single((await _directory.Search.SearchAsync(new() { Tags = ["a"] }, CancellationToken.None)).Items).Tags);

        await _directory.ApplyAsync(North, Entry(1, 2, State("web")));

        var assigned = Assert.Single(await _directory.Store.AssignedTagsAsync(connection, North, CancellationToken.None));
        Assert.Equal(["mine", "a"], assigned.Tags);
        Assert.Equal(["web"], await _directory.NamesAsync(new() { Tags = ["mine"] }));
        Assert.Equal(["web"], await _directory.NamesAsync(new() { Tags = ["a"] }));
        Assert.Empty(await _directory.NamesAsync(new() { Tags = ["b"] }));
    }

    [Fact]
    public async Task Apply_a_change_of_status_alone_touches_no_index()
    {
        await _directory.ApplyAsync(North, [.. Enumerable.Range(1, 100).Select(i => Entry(i, 1, State($"web-{i}", $"10.0.0.{i}")))]);
        var off = State("web-7", "10.0.0.7");
        off.Status = HostStatus.Offline;
        off.LastSeenUnixMs++;

        await using var connection = await _directory.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await _directory.Store.ApplyAsync(connection, transaction, North, 1, [Entry(7, 2, off)], CancellationToken.None);

        Assert.Equal((1, 1), await connection.QuerySingleAsync<(long Updated, long HeapOnly)>(
            "select pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_hot_updated(oid) from pg_class where relname = 'hosts_host'"));
    }

    [Fact]
    public async Task RemoveSite_forgets_all_that_was_the_sites()
    {
        await _directory.ApplyAsync(North, Entry(1, 1, State("web")), Deletion(2, 1));
        await _directory.ApplyAsync(South, Entry(3, 1, State("db")), Entry(1, 1, State("claim")));

        await using (var connection = await _directory.Source.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            Assert.Equal(1, await _directory.Store.RemoveSiteAsync(connection, transaction, North, CancellationToken.None));
            await transaction.CommitAsync();
        }

        Assert.Contains("db", Assert.Single(await _directory.RowsAsync()), StringComparison.Ordinal);
        Assert.Equal(0, await _directory.ScalarAsync<long>("select (select count(*) from hosts_tombstone) + (select count(*) from hosts_conflict)"));
    }
}
