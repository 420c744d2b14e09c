using Hanse.Protocol.Rollups;

namespace Hanse.Protocol.Tests.Rollups;

public sealed class RollupValueTests
{
    [Fact]
    public void Value_is_read_as_it_was_written_whatever_its_labels_hold()
    {
        var counts = new Dictionary<string, long> { ["a \"quoted\" \\ one"] = 0, ["ünï"] = RollupValue.MaxCount, ["plain"] = 3 };

        var read = RollupValue.Read(RollupValue.Write(counts), out var fault);

        Assert.Null(fault);
        Assert.Equal(counts.OrderBy(c => c.Key, StringComparer.Ordinal), read!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("3")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("""{"a":-1}""")]
    [InlineData("""{"a":1.5}""")]
    [InlineData("""{"a":9007199254740992}""")]
    [InlineData("""{"a":"1"}""")]
    [InlineData("""{"a":{"b":1}}""")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"":1}""")]
    [InlineData("""{"a\u0000":1}""")]
    [InlineData("""{"\ud800":1}""")]
    public void Value_of_another_shape_is_refused_with_a_reason(string json)
    {
        Assert.Null(RollupValue.Read(json, out var fault));
        Assert.NotEmpty(fault!);
    }

    [Fact]
    public void Value_with_too_many_labels_keeps_the_largest_and_counts_the_rest_as_one()
    {
        var counts = Enumerable.Range(1, 200).ToDictionary(i => $"os {i:d3}", i => (long)i);

        var bounded = RollupValue.Bounded(counts);

        Assert.Equal(RollupMetrics.MaxLabels, bounded.Count);
        Assert.Equal((200, counts.Values.Sum()), (bounded["os 200"], bounded.Values.Sum()));
        Assert.Equal(Enumerable.Range(1, 151).Sum(), bounded[RollupMetrics.Other]);
        Assert.NotNull(RollupValue.Read(RollupValue.Write(bounded), out _));
        Assert.Null(RollupValue.Read(RollupValue.Write(counts), out _));
    }
}
