using System.Globalization;

namespace Hanse.Bench.Harness;

/// <summary>What was measured, beside what was promised. Each figure is told when it is known, and all of them once more at the end.</summary>
internal sealed class BenchTable(TextWriter output)
{
    private readonly List<(string Case, string Measured, string Target, string Verdict)> _rows = [];

    /// <summary>A figure that must not exceed its target.</summary>
    public void AtMost(string name, double measured, double target, string unit) => Add(name, measured, $"≤ {Text(target)} {unit}", measured <= target, unit);

    /// <summary>A figure that must reach its target.</summary>
    public void AtLeast(string name, double measured, double target, string unit) => Add(name, measured, $"≥ {Text(target)} {unit}", measured >= target, unit);

    /// <summary>A figure without a target.</summary>
    public void Info(string name, double measured, string unit) => Add(name, measured, "", null, unit);

    /// <summary>Progress, or a detail that is not part of the table.</summary>
    public void Note(string text) => output.WriteLine("  " + text);

    public void Print()
    {
        var width = _rows.Max(r => r.Case.Length);
        output.WriteLine();
        output.WriteLine($"| {"case".PadRight(width)} | {"measured",16} | {"target",16} |      |");
        output.WriteLine($"|{new string('-', width + 2)}|{new string('-', 17)}:|{new string('-', 17)}:|------|");
        foreach (var row in _rows)
        {
            output.WriteLine($"| {row.Case.PadRight(width)} | {row.Measured,16} | {row.Target,16} | {row.Verdict,-4} |");
        }
    }

    private void Add(string name, double measured, string target, bool? met, string unit)
    {
        var verdict = met switch { true => "met", false => "MISS", null => "" };
        _rows.Add((name, $"{Text(measured)} {unit}", target, verdict));
        output.WriteLine($"  {name}: {Text(measured)} {unit} {(target.Length == 0 ? "" : $"(target {target}: {verdict})")}");
    }

    private static string Text(double value) => value.ToString(value >= 100 ? "#,0" : "0.##", CultureInfo.InvariantCulture);
}
