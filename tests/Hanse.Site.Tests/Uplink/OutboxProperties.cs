using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Hanse.Site.Uplink;
using Hanse.TestKit;

namespace Hanse.Site.Tests.Uplink;

/// <summary>U1–U3 of the real outbox under any interleaving of transactions that commit out of order, batches repeated, delayed and lost, lost answers,
/// new links, crashes of the site and a coordinator that was set back. A failing seed is printed by FsCheck.</summary>
public sealed class OutboxProperties : IAsyncLifetime
{
    private static readonly Config Forty = Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(70);

    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(SiteModule.Migrations);

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public void Any_interleaving_brings_each_record_once_and_the_newest_of_each_state() => Check.One(Forty, Prop.ForAll(
        Gen.Choose(0, OutboxWorld.Steps - 1).ListOf().ToArbitrary(),
        steps => RunAsync(steps).GetAwaiter().GetResult()));

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
        return world.Applied.Order(StringComparer.Ordinal).SequenceEqual(world.Committed.Order(StringComparer.Ordinal))
            .Label($"applied {string.Join(' ', world.Applied)} of {string.Join(' ', world.Committed)}")
            .And(world.Truth.All(t => held.GetValueOrDefault(t.Key, "never told") == t.Value).Label($"held {Text(held)}, true {Text(world.Truth)}"))
            .And((depth.Classes.Sum(c => c.Waiting) == 0).Label("something still waits"))
            .And((world.OpenRefusals == 0).Label($"{world.OpenRefusals} refusals never confirmed"))
            .And((depth.Classes.Sum(c => c.SetAside) == bad).Label($"{depth.Classes.Sum(c => c.SetAside)} set aside of {bad} refused"));
    }

    private static string Text(Dictionary<ByteString, string?> states) => string.Join(' ', states.Select(s => $"{s.Key[0]}={s.Value ?? "gone"}"));
}
