using FsCheck;
using FsCheck.Fluent;
using Hanse.Protocol.Messages;
using static Hanse.Coordinator.Tests.Hosts.DirectoryDatabase;

namespace Hanse.Coordinator.Tests.Hosts;

/// <summary>U2: whatever the order, the repetition and the cutting into batches, the directory ends at the same rows. A failing seed is printed by FsCheck.</summary>
public sealed class HostDirectoryStoreProperties : IAsyncLifetime
{
    private const int Hosts = 4;
    private static readonly Config Sixty = Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(40);

    private readonly DirectoryDatabase _directory = new();

    public ValueTask InitializeAsync() => _directory.InitializeAsync();

    public ValueTask DisposeAsync() => _directory.DisposeAsync();

    [Fact]
    public void Any_order_with_repetition_ends_at_the_same_rows() => Check.One(Sixty, Prop.ForAll(
        Gen.Zip(Gen.Choose(0, (Hosts * 5) - 1).ListOf(), Gen.Choose(0, 1 << 20)).ToArbitrary(),
        drawn =>
        {
            // Every version of every host once, so that the end is known, and any of them again anywhere.
            var random = new System.Random(drawn.Item2);
            var sent = Enumerable.Range(0, Hosts * 5).Concat(drawn.Item1).ToArray();
            random.Shuffle(sent);
            return EndsAtNewestAsync(sent, random).GetAwaiter().GetResult();
        }));

    private async Task<bool> EndsAtNewestAsync(int[] sent, System.Random random)
    {
        await _directory.ScalarAsync<int>("truncate hosts_host, hosts_tombstone");
        for (var from = 0; from < sent.Length;)
        {
            var take = Math.Min(sent.Length - from, 1 + random.Next(6));
            Assert.Empty(await _directory.ApplyAsync(North, [.. sent[from..(from + take)].Select(Version)]));
            from += take;
        }

        var rows = await _directory.RowsAsync();
        return rows.Count == Hosts / 2 && rows.All(row => row.Contains(" 1 1 5 name-5 ", StringComparison.Ordinal));
    }

    // Even hosts end alive after a deletion in between, odd ones end deleted after having lived.
    private static StateEntry Version(int drawn)
    {
        var (host, counter) = (drawn / 5, (drawn % 5) + 1);
        var deleted = host % 2 == 0 ? counter == 3 : counter == 5;
        return deleted ? Deletion(host, (ulong)counter) : Entry(host, (ulong)counter, State($"name-{counter}"));
    }
}
