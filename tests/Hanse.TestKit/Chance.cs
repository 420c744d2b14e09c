using System.Globalization;
using System.Security.Cryptography;

namespace Hanse.TestKit;

/// <summary>The dice of a randomised run. <c>./test NAME --seed N</c> repeats a run, <c>--minutes N</c> makes it longer; the seed is printed at
/// the start by the script and, in <see cref="Repeat"/>, with every failure.</summary>
public static class Chance
{
    /// <summary>Of this run: given, or drawn.</summary>
    public static int Seed { get; } = Number("HANSE_TEST_SEED") ?? RandomNumberGenerator.GetInt32(1, 1_000_000);

    /// <summary>How long the person wants a randomised suite to go on; null: its short form.</summary>
    public static TimeSpan? Asked { get; } = Number("HANSE_TEST_MINUTES") is { } minutes ? TimeSpan.FromMinutes(minutes) : null;

    /// <summary>The dice of one case: the same seed and case roll the same, whatever ran before.</summary>
    public static Random Of(int seed, int number) => new(unchecked((seed * 486_187_739) ^ (number * 16_777_619)));

    /// <summary>What a failure says about how to see it again.</summary>
    public static string Repeat(string suite) => string.Create(CultureInfo.InvariantCulture, $"repeat with: ./test {suite} --seed {Seed}");

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
