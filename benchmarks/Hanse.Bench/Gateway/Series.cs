using System.Globalization;
using Hanse.Bench.Harness;

namespace Hanse.Bench.Gateway;

/// <summary>One case over all rounds, by relay. The machine may be busy: what counts beside the peers is the ratio within a round.</summary>
internal sealed class Series(string name, string unit, bool moreIsBetter)
{
    private readonly List<Dictionary<string, double>> _rounds = [];

    internal void Add(int round, string door, double value)
    {
        while (_rounds.Count <= round)
        {
            _rounds.Add([]);
        }

        _rounds[round][door] = value;
    }

    /// <summary>A row a relay, with the spread; the gateway's against a fixed target, if there is one.</summary>
    internal void Print(BenchTable table, double? target = null)
    {
        foreach (var door in _rounds.SelectMany(r => r.Keys).Distinct())
        {
            var values = _rounds.Where(r => r.ContainsKey(door)).Select(r => r[door]).ToList();
            var row = $"{(door == Doors.Hanse ? name : "– the same")}, {door} ({Text(values.Min())}–{Text(values.Max())})";
            Row(table, row, Median(values), door == Doors.Hanse ? target : null, unit);
        }
    }

    /// <summary>The gateway's figure by that of the better peer in the same round.</summary>
    internal void PrintRatio(BenchTable table, double? target = null)
    {
        var ratios = _rounds.Where(r => r.Count > 1 && r.ContainsKey(Doors.Hanse)).Select(Ratio).ToList();
        if (ratios.Count == 0)
        {
            return;
        }

        var row = $"– of the better peer in the same round ({Text(ratios.Min())}–{Text(ratios.Max())})";
        Row(table, row, Median(ratios), target, "times");
    }

    internal static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private void Row(BenchTable table, string row, double measured, double? target, string measuredIn)
    {
        if (target is not { } wanted)
        {
            table.Info(row, measured, measuredIn);
        }
        else if (moreIsBetter)
        {
            table.AtLeast(row, measured, wanted, measuredIn);
        }
        else
        {
            table.AtMost(row, measured, wanted, measuredIn);
        }
    }

    private double Ratio(Dictionary<string, double> round)
    {
        var peers = round.Where(v => v.Key != Doors.Hanse).Select(v => v.Value);
        return round[Doors.Hanse] / (moreIsBetter ? peers.Max() : peers.Min());
    }

    private static string Text(double value) => value.ToString(value >= 100 ? "#,0" : "0.##", CultureInfo.InvariantCulture);
}
