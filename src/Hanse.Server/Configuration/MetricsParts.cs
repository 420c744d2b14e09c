using Hanse.Protocol.Messages;
using static Hanse.Server.Configuration.ConfigurationValues;

namespace Hanse.Server.Configuration;

/// <summary>The words of <c>site.metrics</c>.</summary>
internal static class MetricsParts
{
    private static readonly Dictionary<string, MetricsPart> Words = new(StringComparer.Ordinal)
    {
        ["usage"] = MetricsPart.Usage, ["disks"] = MetricsPart.Disks, ["network"] = MetricsPart.Network, ["processes"] = MetricsPart.Processes,
        ["process-names"] = MetricsPart.ProcessNames, ["logins"] = MetricsPart.Logins, ["user-names"] = MetricsPart.UserNames,
    };

    public static string Default { get; } = List(Words.Keys);

    public static string Show(IReadOnlyList<MetricsPart> parts) => List(Words.Where(w => parts.Contains(w.Value)).Select(w => w.Key));

    public static Applied Apply(HanseOptions options, IReadOnlyList<string> values) =>
        values.FirstOrDefault(v => !Words.ContainsKey(v)) is { } unknown
            ? Applied.Bad($"{Quote(unknown)} is nothing that a host tells", $"use any of {string.Join(", ", Words.Keys)}, or [] for nothing")
            : Applied.Ok(options with
            {
                Site = options.Site with { Metrics = options.Site.Metrics with { Parts = [.. values.Select(v => Words[v]).Distinct()] } },
            });
}
