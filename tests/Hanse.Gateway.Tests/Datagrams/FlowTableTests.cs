using System.Net;
using System.Runtime.CompilerServices;
using Hanse.Gateway.Datagrams;
using Hanse.TestKit;

namespace Hanse.Gateway.Tests.Datagrams;

public sealed class FlowTableTests
{
    private static readonly DatagramTarget Target = new(new IPEndPoint(IPAddress.Loopback, 1), null);
    private readonly FlowTable _table = new(seed: 0x1234_5678_9abc_def0);

    [Fact]
    public void Find_of_a_known_key_is_its_flow_over_growth_and_expiry()
    {
        for (var i = 0; i < 20_000; i++)
        {
            Add(i, seen: i);
        }

        Assert.Equal(20_000, _table.Count);
        _table.Expire(before: 15_000);
        Assert.Equal(5_000, _table.Count);
        for (var i = 0; i < 20_000; i++)
        {
            var key = Key(i);
            Assert.Equal(i >= 15_000, _table.Find(key, _table.Hash(key)) is { Target: not null } flow && flow.Seen == i);
        }
    }

    [Fact]
    public void Find_in_a_full_table_gives_no_flow_and_those_there_are_stay()
    {
        var refused = 0;
        for (var i = 0; i < FlowTable.Most * 2; i++)
        {
            refused += Add(i, seen: 1) ? 0 : 1;
        }

        Assert.True(refused > 0);
        Assert.InRange(_table.Count, FlowTable.Most / 2, FlowTable.Most);
        var known = Key(7);
        Assert.NotNull(_table.Find(known, _table.Hash(known)).Target);
        _table.Expire(before: 2);
        Assert.Equal(0, _table.Count);
        Assert.True(Add(1, seen: 3));
    }

    [Fact]
    public void Find_agrees_with_a_dictionary_over_any_mix()
    {
        var model = new Dictionary<int, long>();
        var dice = Chance.Of(Chance.Seed, 1);
        for (var now = 1; now < 20_000; now++)
        {
            var i = dice.Next(3_000);
            Assert.True(Add(i, now), Chance.Repeat("Gateway"));
            model[i] = now;
            if (dice.Next(500) == 0)
            {
                var before = now - dice.Next(3_000);
                _table.Expire(before);
                foreach (var gone in model.Where(m => m.Value < before).ToList())
                {
                    model.Remove(gone.Key);
                }
            }

            Assert.True(model.Count == _table.Count, $"{model.Count} are there, {_table.Count} counted, at {now}; {Chance.Repeat("Gateway")}");
        }
    }

    /// <summary>Key ids that differ in their highest bits alone: without a full mix each had the same place under any seed.</summary>
    [Fact]
    public void Hash_of_key_ids_that_differ_in_high_bits_spreads()
    {
        var places = Enumerable.Range(0, 1 << 14).Select(i => _table.Hash(new FlowKey(0, 1, (ulong)i << 50, 7, 9)) % FlowTable.Most).Distinct().Count();

        Assert.InRange(places, 14_000, 1 << 14);
    }

    [Fact]
    public void Find_sameSourceAndKeyOnAnotherRoute_hasItsOwnTarget()
    {
        Assert.True(Add(1, seen: 1));
        var other = Key(1) with { RouteId = 10 };

        Assert.Null(_table.Find(other, _table.Hash(other)).Target);
    }

    private bool Add(int number, long seen)
    {
        var key = Key(number);
        ref var flow = ref _table.Find(key, _table.Hash(key));
        if (Unsafe.IsNullRef(ref flow))
        {
            return false;
        }

        if (flow.Target is null)
        {
            _table.Added();
            flow.Target = Target;
        }

        flow.Seen = seen;
        return true;
    }

    private static FlowKey Key(int number) => new(0, (ulong)number, 7, (ushort)number, 9);
}
