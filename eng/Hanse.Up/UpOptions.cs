using System.Globalization;

namespace Hanse.Up;

/// <summary>The command line of <c>./up</c>.</summary>
internal sealed record UpOptions
{
    public const string Usage = """
        ./up                    build, start a demo federation on loopback, end it on Ctrl-C
        ./up --detach           the same, but return once all is ready
        ./up --status [-o json] list its processes
        ./up --stop             end exactly what was started

          --sites N       sites to have (default 2: north, south)
          --gateway       also a gateway in front of the sites
          --simulate N    also N simulated agents, spread over the sites
          --data DIR      keep everything in DIR instead of this checkout's own folder

        Run again, it starts what is missing and leaves the rest alone.
        """;

    private const int MostSites = 50;
    private const int MostSimulated = 50_000;

    public UpMode Mode { get; init; } = UpMode.Foreground;

    public bool Json { get; init; }

    /// <summary>Null: as many as before, or two.</summary>
    public int? Sites { get; init; }

    /// <summary>Null: as many as before, or none.</summary>
    public int? Simulate { get; init; }

    /// <summary>A gateway too; once there, it is started each time.</summary>
    public bool Gateway { get; init; }

    /// <summary>Null: the checkout's own.</summary>
    public string? Data { get; init; }

    public static UpOptions Parse(string[] args)
    {
        var options = new UpOptions();
        var rest = new Queue<string>(args.SelectMany(a => a.StartsWith("--", StringComparison.Ordinal) ? a.Split('=', 2) : [a]));
        while (rest.TryDequeue(out var flag))
        {
            options = flag switch
            {
                "--detach" or "-d" => options with { Mode = UpMode.Detach },
                "--stop" => options with { Mode = UpMode.Stop },
                "--status" => options with { Mode = UpMode.Status },
                "--help" or "-h" => options with { Mode = UpMode.Help },
                "--gateway" => options with { Gateway = true },
                "-o" or "--output" => options with { Json = Format(Value(rest, flag)) },
                "--sites" => options with { Sites = Number(Value(rest, flag), flag, 1, MostSites) },
                "--simulate" => options with { Simulate = Number(Value(rest, flag), flag, 0, MostSimulated) },
                "--data" => options with { Data = Path.GetFullPath(Value(rest, flag)) },
                _ => throw new UpException($"there is no option {flag}. `./up --help` lists them.", 2),
            };
        }

        return options;
    }

    private static string Value(Queue<string> rest, string flag) =>
        rest.TryDequeue(out var value) && value.Length > 0 ? value : throw new UpException($"{flag} needs a value. `./up --help` has examples.", 2);

    private static bool Format(string text) => text switch
    {
        "json" => true,
        "table" => false,
        _ => throw new UpException($"-o takes json or table, not {text}.", 2),
    };

    private static int Number(string text, string flag, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new UpException($"{flag} takes a number from {least} to {most}, not {text}.", 2);
}
