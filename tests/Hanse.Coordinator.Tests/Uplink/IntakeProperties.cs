using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Hanse.Coordinator.Sites.Api;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Coordinator.Uplink;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Coordinator.Tests.Uplink;

/// <summary>U1, U3, L6 at the real intake: whatever batches of an outbox arrive, in whatever order, cut, repeated, in part, with gaps, under old fences, and
/// with the process dying between two of them, each record has its effect once and in its order. A failing seed is printed by FsCheck.</summary>
public sealed class IntakeProperties(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    private const int Records = 9;
    private static readonly Config Thirty = Config.QuickThrowOnFailure.WithMaxTest(30).WithEndSize(30);

    private int _runs;

    [Fact]
    public async Task Any_batches_in_any_order_apply_each_record_once_and_in_order()
    {
        var site = (await host.JoinAsync("any-order")).Id;
        Check.One(Thirty, Prop.ForAll(
            Gen.Choose(0, (Records * Records * 4) - 1).ListOf().ToArbitrary(),
            drawn => RunAsync(site, drawn).GetAwaiter().GetResult()));
    }

    private async Task<Property> RunAsync(SiteId site, IEnumerable<int> drawn)
    {
        var name = $"order{++_runs}";
        var epoch = CommandId.New().ToWire();
        var fence = await BeginAsync(site, epoch);
        var marks = new List<ulong> { 0 };
        foreach (var draw in drawn)
        {
            var (first, count) = ((draw % Records) + 1, (draw / Records % Records) + 1);
            var batch = Batch(name, epoch, first, Math.Min(count, Records - first + 1));
            if (draw / (Records * Records) == 3)
            {
                // A link that is no more: nothing of it may count.
                if (await host.Get<RecordIntake>().ApplyAsync(site, fence - 1, batch, default) is not null)
                {
                    return false.Label("an old fence was let in");
                }

                continue;
            }

            marks.Add((await host.Get<RecordIntake>().ApplyAsync(site, fence, batch, default))!.HighWater);
        }

        // The site asks, and goes on where the mark is.
        var mark = (await host.Get<RecordIntake>().ApplyAsync(site, fence, Batch(name, epoch, 1, 0), default))!.HighWater;
        var last = (await host.Get<RecordIntake>().ApplyAsync(site, fence, Batch(name, epoch, (int)mark + 1, Records - (int)mark), default))!;
        var applied = await host.QueryAsync<string>("select operation from audit_entry where operation like @name order by seq", new { name = $"{name}.%" });
        var expected = Enumerable.Range(1, Records).Where(n => !IsBad(n)).Select(n => $"{name}.{n}");
        return applied.SequenceEqual(expected).Label($"applied {string.Join(' ', applied)}")
            .And(marks.SequenceEqual(marks.Order()).Label($"marks {string.Join(' ', marks)}"))
            .And((last.HighWater == Records).Label($"ended at {last.HighWater}"))
            .And(last.Refusals.Select(r => (int)r.Sequence).SequenceEqual(Enumerable.Range(1, Records).Where(IsBad)).Label($"refused {string.Join(' ', last.Refusals.Select(r => r.Sequence))}"));
    }

    /// <summary>A new epoch under a new fence, as a hello does it.</summary>
    private async Task<long> BeginAsync(SiteId site, ByteString epoch)
    {
        await using var connection = await host.Get<NpgsqlDataSource>().OpenConnectionAsync();
        Assert.True(await MarkStore.EnsureEpochAsync(connection, site, MarkStore.ReadEpoch(epoch), default));
        return await host.Get<ISiteRegistry>().RaiseFenceAsync(site, CommandId.New().Value, "test", default);
    }

    private static bool IsBad(int number) => number % 4 == 0;

    private static RecordBatch Batch(string name, ByteString epoch, int first, int count)
    {
        var batch = new RecordBatch { Epoch = epoch, FirstSequence = (ulong)first };
        batch.Records.AddRange(Enumerable.Range(first, count).Select(n => IsBad(n)
            ? new Record()
            : new Record { Audit = new AuditRecord { Operation = $"{name}.{n}", Actor = "test", DetailJson = "{}" } }));
        return batch;
    }
}
