using Hanse.Coordinator.Commands;
using Hanse.Coordinator.Commands.Reading;
using Hanse.Protocol.Errors;

namespace Hanse.Coordinator.Tests.Commands;

/// <summary>Giving and cancelling (invariants 5 and 6), idempotency keys, and what bad input gets.</summary>
public sealed class CommandServiceTests : IAsyncLifetime
{
    private CommandWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await CommandWorld.CreateAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Issue_stores_executions_and_its_audit_entry_together()
    {
        var (web, db) = (_world.Hosts.Add(_world.North, "web"), _world.Hosts.Add(_world.South, "db"));
        var id = await _world.IssueAsync(web, db, web);

        var view = await _world.ViewAsync(id);
        Assert.Equal(("queued", 2, "ada", "look"), (view.State, view.HostCount, view.Actor, view.Reason));
        Assert.Equal(["db", "web"], view.Executions!.Select(e => e.Host).Order());
        Assert.Equal(["command.issue 2"], await _world.AuditAsync());
        await _world.AssertTallyAsync(id);
    }

    [Fact]
    public async Task Issue_with_a_key_again_gives_the_same_command_and_with_another_body_a_conflict()
    {
        var web = _world.Hosts.Add(_world.North, "web");
        var request = CommandWorld.Uname(web);
        var first = Assert.IsType<Issued>(await _world.Service.IssueAsync(request, "k1", CommandWorld.Ada, default));
        var again = Assert.IsType<Issued>(await _world.Service.IssueAsync(CommandWorld.Uname(web), "k1", CommandWorld.Ada, default));

        Assert.Equal((first.Command, false, true), (again.Command, first.Repeated, again.Repeated));
        Assert.IsType<IssueConflict>(await _world.Service.IssueAsync(request with { Reason = "other" }, "k1", CommandWorld.Ada, default));
        var eve = Assert.IsType<Issued>(await _world.Service.IssueAsync(request, "k1", CommandWorld.Ada with { Account = "eve" }, default));
        Assert.NotEqual(first.Command, eve.Command);
        Assert.Equal(["command.issue 1", "command.issue 1"], await _world.AuditAsync());
    }

    [Fact]
    public async Task Issue_with_one_key_from_many_at_once_gives_one_command()
    {
        var web = _world.Hosts.Add(_world.North, "web");
        var all = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _world.Service.IssueAsync(CommandWorld.Uname(web), "k", CommandWorld.Ada, default)));
        Assert.Single(all.Cast<Issued>().Select(i => i.Command).Distinct());
        Assert.Single(await _world.AuditAsync());
    }

    [Theory]
    [InlineData("nosuch", ErrorCodes.HostNotFound)]
    [InlineData("twin", ErrorCodes.HostAmbiguous)]
    [InlineData("bell\u0007'; drop table commands_command; --", ErrorCodes.HostNotFound)]
    public async Task Issue_for_a_host_that_is_not_one_does_nothing_and_names_it(string name, string code)
    {
        _world.Hosts.Add(_world.North, "twin");
        _world.Hosts.Add(_world.South, "twin");
        var refused = Assert.IsType<IssueRefused>(await _world.Service.IssueAsync(
            new([name], new(Arguments: ["id"])), null, CommandWorld.Ada, default));
        Assert.Equal((code, "hosts"), (refused.Code, refused.Field));
        Assert.Contains(name[..4], refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u0007', refused.Message);
        Assert.Empty(await _world.AuditAsync());
    }

    [Fact]
    public async Task Cancel_of_what_no_site_has_ends_it_at_once()
    {
        var id = await _world.IssueAsync(_world.Hosts.Add(_world.North, "web"));
        Assert.True(await _world.Service.CancelAsync(id, CommandWorld.Ada, default));
        Assert.True(await _world.Service.CancelAsync(id, CommandWorld.Ada, default));

        var view = await _world.ViewAsync(id);
        Assert.Equal(("cancelled", true, "cancel-requested"), (view.State, view.CancelRequested, view.Executions![0].Reason));
        Assert.Equal(["command.issue 1", "command.cancel 1", "execution.outcome cancelled 1"], await _world.AuditAsync());
        _world.Sites.Connect(_world.North);
        await _world.DispatchAsync();
        Assert.Empty(_world.Sites.Taken);
    }

    [Fact]
    public async Task Cancel_of_an_unknown_command_says_so() =>
        Assert.False(await _world.Service.CancelAsync(Protocol.Ids.CommandId.New(), CommandWorld.Ada, default));

    [Fact]
    public async Task Issue_for_8000_hosts_on_40_sites_and_its_outcomes_are_all_counted()
    {
        var sites = Enumerable.Range(0, 40).Select(_ => Protocol.Ids.SiteId.New()).ToArray();
        var hosts = Enumerable.Range(0, 8000).Select(i => _world.Hosts.Add(sites[i % 40], $"h{i}")).ToArray();
        var id = await _world.IssueAsync(hosts);
        Array.ForEach(sites, _world.Sites.Connect);
        await _world.DispatchAsync();
        foreach (var site in sites)
        {
            await _world.TellAsync(site, [.. hosts.Where(h => h.Site == site).Select(h => _world.Record(id, h.Id, Protocol.Messages.ExecutionState.Succeeded))]);
        }

        var view = await _world.ViewAsync(id);
        Assert.Equal(("completed", 8000L), (view.State, view.Counts["succeeded"]));
        Assert.Equal(CommandReader.ShownExecutions, view.Executions!.Count);
        var seen = new HashSet<Protocol.Ids.HostId>(view.Executions.Select(e => e.HostId));
        for (var next = view.ExecutionsNext; next is not null;)
        {
            var page = (await _world.Reader.ExecutionsAsync(id, next, 1000, default))!.Value;
            Assert.All(page.Items, e => Assert.True(seen.Add(e.HostId)));
            next = page.Next;
        }

        Assert.Equal(8000, seen.Count);
        Assert.Equal(8001, (await _world.AuditAsync()).Count);
        await _world.AssertTallyAsync(id);
    }

    [Fact]
    public async Task Get_waits_until_the_command_has_ended()
    {
        using var stop = new CancellationTokenSource();
        var listening = _world.Signals.RunAsync(stop.Token);
        var web = _world.Hosts.Add(_world.North, "web");
        var id = await _world.IssueAsync(web);
        var waiting = _world.Reader.GetAsync(id, TimeSpan.FromSeconds(30), null, default);

        await _world.TellAsync(_world.North, _world.Record(id, web.Id, Protocol.Messages.ExecutionState.Running));
        Assert.False(waiting.IsCompleted);
        await _world.TellAsync(_world.North, _world.Record(id, web.Id, Protocol.Messages.ExecutionState.Succeeded));

        // The clock stands still: only the database's notification can end the wait.
        var view = await TestKit.Wait.ForTask("the command's end", waiting);
        Assert.Equal("completed", view!.State);
        await stop.CancelAsync();
        await TestKit.Wait.ForTask("the end of listening", listening);
    }

    [Fact]
    public async Task Get_with_a_version_waits_until_it_changes()
    {
        var web = _world.Hosts.Add(_world.North, "web");
        var id = await _world.IssueAsync(web);
        var before = await _world.ViewAsync(id);
        await _world.TellAsync(_world.North, _world.Record(id, web.Id, Protocol.Messages.ExecutionState.Running));
        var after = await _world.Reader.GetAsync(id, TimeSpan.FromSeconds(30), before.Version, default);
        Assert.Equal("in-progress", after!.State);
        Assert.NotEqual(before.Version, after.Version);
    }

    [Fact]
    public async Task List_pages_newest_first()
    {
        var web = _world.Hosts.Add(_world.North, "web");
        var ids = new List<Protocol.Ids.CommandId>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await _world.IssueAsync(web));
            _world.Clock.Advance(TimeSpan.FromSeconds(i % 2));
        }

        var first = (await _world.Reader.ListAsync(null, 3, default))!;
        var second = (await _world.Reader.ListAsync(first.Next, 3, default))!;
        Assert.Null(second.Next);
        Assert.Equal(ids.Order(Comparer), first.Items.Concat(second.Items).Select(c => c.Id).Order(Comparer));
        Assert.Null(await _world.Reader.ListAsync("bm90IGEgY3Vyc29y", 3, default));
    }

    private static readonly Comparer<Protocol.Ids.CommandId> Comparer = Comparer<Protocol.Ids.CommandId>.Create((a, b) => a.Value.CompareTo(b.Value));
}
