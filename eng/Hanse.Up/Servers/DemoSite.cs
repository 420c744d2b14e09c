using System.Globalization;

namespace Hanse.Up.Servers;

/// <summary>A site of the demo federation: its name and where on the map it lies.</summary>
internal sealed record DemoSite(string Name, string Location, double Latitude, double Longitude)
{
    private static readonly DemoSite[] Towns =
    [
        new("north", "Lübeck", 53.866, 10.687), new("south", "Augsburg", 48.371, 10.898),
        new("east", "Gdańsk", 54.352, 18.647), new("west", "Brugge", 51.209, 3.225),
    ];

    /// <summary>A name for TLS and certificates alone; nodes dial addresses, so it needs no DNS entry (L2).</summary>
    public string ExternalName => Name + ".localhost";

    public string Key => "site-" + Name;

    public static IReadOnlyList<DemoSite> Take(int count) =>
        [.. Towns.Take(count), .. Enumerable.Range(Towns.Length + 1, Math.Max(0, count - Towns.Length)).Select(Numbered)];

    // Strung along the coast, so that a map of many sites shows them apart.
    private static DemoSite Numbered(int number) =>
        new(string.Create(CultureInfo.InvariantCulture, $"site{number}"), "Baltic Sea", 54 + (number % 10 * 0.5), 8 + (number % 25 * 0.6));
}
