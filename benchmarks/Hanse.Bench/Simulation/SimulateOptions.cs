using System.Globalization;

namespace Hanse.Bench.Simulation;

/// <summary>What <c>simulate</c> was asked for.</summary>
/// <param name="Count">Agents.</param>
/// <param name="Data">Where their identities are kept.</param>
/// <param name="AtOnce">Joins, and dials, that are under way at the same time.</param>
/// <param name="JoinOnly">End as soon as all have joined, and say how long it took.</param>
internal sealed record SimulateOptions(int Count, string Data, int AtOnce, bool JoinOnly = false)
{
    private const int MaxCount = 200_000;

    /// <summary>The options, or what is wrong with them.</summary>
    public static (SimulateOptions? Options, string? Error) Parse(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var joinOnly = arguments.Contains("--join-only");
        arguments = [.. arguments.Where(a => a != "--join-only")];
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (arguments[i] is not ("--count" or "--data" or "--at-once") || i + 1 == arguments.Count)
            {
                return (null, $"'{arguments[i]}' is not understood. Usage: Hanse.Bench simulate --count N --data DIR [--at-once 32] [--join-only], with one join string a site, a line each, on standard input.");
            }

            values[arguments[i]] = arguments[i + 1];
        }

        var count = Number(values.GetValueOrDefault("--count", ""), MaxCount);
        var atOnce = Number(values.GetValueOrDefault("--at-once", "32"), 512);
        return count is null ? (null, $"--count needs a number from 1 to {MaxCount}.")
            : atOnce is null ? (null, "--at-once needs a number from 1 to 512.")
            : !values.TryGetValue("--data", out var data) ? (null, "--data needs a folder: the agents' identities are kept there.")
            : (new SimulateOptions(count.Value, data, atOnce.Value, joinOnly), null);
    }

    private static int? Number(string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 && value <= most ? value : null;
}
