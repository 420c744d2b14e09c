using System.Globalization;

namespace Hanse.Bench.Harness;

/// <summary>Options of a run: <c>--name value</c>, all whole numbers.</summary>
internal sealed class BenchOptions(IReadOnlyDictionary<string, int> values)
{
    /// <summary>The value given for <c>--name</c>, or the default.</summary>
    public int Get(string name, int otherwise) => values.GetValueOrDefault(name, otherwise);

    /// <returns>The suites named, and the options; or what is wrong.</returns>
    public static (IReadOnlyList<string> Names, BenchOptions Options, string? Error) Parse(IReadOnlyList<string> arguments)
    {
        var names = new List<string>();
        var values = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                names.Add(arguments[i]);
            }
            else if (i + 1 < arguments.Count && int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                values[arguments[i++][2..]] = value;
            }
            else
            {
                return (names, new(values), $"{arguments[i]} needs a whole number after it.");
            }
        }

        return (names, new(values), null);
    }
}
