using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Hanse.Site.Uplink;
using Hanse.TestKit;

namespace Hanse.Site.Tests.Uplink;

/// <summary>U1–U3 of the real outbox under any interleaving of transactions that commit out of order, batches repeated, delayed and lost, lost answers,
/// new links, crashes of the site, and either side set back. A failing seed is printed by FsCheck.</summary>
public sealed class OutboxProperties : IAsyncLifetime
{
    private static readonly Config Forty = Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(90);

    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(SiteModule.Migrations);

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public void Any_interleaving_brings_each_record_once_and_the_newest_of_each_state() => Check.One(Forty, Prop.ForAll(
        Gen.Choose(0, OutboxWorld.Steps - 1).ListOf().ToArbitrary(),
        steps => RunAsync(steps).GetAwaiter().GetResult()));

    /// <summary>A run of the whole federation found it: what was acknowledged in an epoch that has ended was lost with the coordinator's database. The numbers are steps
    /// of <see cref="OutboxWorld"/>: the coordinator's backup; a record acknowledged; the site's backup; another record; the site set back, which begins an epoch; the coordinator set back.</summary>
    [Fact]
    public async Task Given_both_sides_set_back_When_an_epoch_ended_between_Then_what_it_had_acknowledged_is_sent_again()
    {
        await using var world = new OutboxWorld(_database.DataSource, new ManualClock());
        await world.StartAsync();
        foreach (var step in (int[])[16, 0, 4, 6, 9, 17, 0, 4, 6, 9, 18, 15])
        {
            await world.DoAsync(step);
        }

        Assert.Empty(world.Applied);
        await world.SettleAsync();
        Assert.Equal("1", world.Committed[0]);
        Assert.Equal(world.Committed.Order(StringComparer.Ordinal), world.Applied.Order(StringComparer.Ordinal));
    }

    private async Task<Property> RunAsync(IEnumerable<int> steps)
    {
        await using var world = new OutboxWorld(_database.DataSource, new ManualClock());
        await world.StartAsync();
        foreach (var step in steps)
        {
            await world.DoAsync(step);
        }

        await world.SettleAsync();
        var depth = await new StateStore(_database.DataSource).DepthAsync(default);
        var held = world.Held.ToDictionary(h => h.Key, h => h.Value.Deleted ? null : h.Value.Host.Hostname);
        var bad = world.Committed.Count(name => name.EndsWith('3'));
        // A site that was set back tells some things again: each has its effect once by what it says.
        var applied = world.SiteWasRestored ? world.Applied.Distinct(StringComparer.Ordinal) : world.Applied;
        return applied.Order(StringComparer.Ordinal).SequenceEqual(world.Committed.Order(StringComparer.Ordinal))
            .Label($"applied {string.Join(' ', world.Applied)} of {string.Join(' ', world.Committed)}")
            .And(world.Truth.All(t => held.GetValueOrDefault(t.Key, "never told") == t.Value).Label($"held {Text(held)}, true {Text(world.Truth)}"))
            .And((depth.Classes.Sum(c => c.Waiting) == 0).Label("something still waits"))
            .And((world.OpenRefusals == 0).Label($"{world.OpenRefusals} refusals never confirmed"))
            .And((world.SiteWasRestored || depth.Classes.Sum(c => c.SetAside) == bad).Label($"{depth.Classes.Sum(c => c.SetAside)} set aside of {bad} refused"));
    }

    private static string Text(Dictionary<ByteString, string?> states) => string.Join(' ', states.Select(s => $"{s.Key[0]}={s.Value ?? "gone"}"));
}
