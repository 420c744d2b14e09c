using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Rollups;

internal static class RollupListCommand
{
    public static Command Build(CliContext cli)
    {
        var site = new Option<string?>("--site") { Description = "Of one site alone, by name or id.", HelpName = "SITE" };
        var command = new CliCommand("list", "Lists each metric as it is now.", "hanse rollup list", "hanse rollup list --site north -o json") { site };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var path = parsed.GetValue(site) is { } name ? $"/sites/{Uri.EscapeDataString(name)}/rollups" : "/rollups";
            var metrics = await api.ListAsync(path, int.MaxValue, cancellation);
            CliOutput.List(parsed, cli, metrics, ("metric", m => m.Text("metric")), ("counts", m => Counts(m)),
                ("as of", m => m.Instant(m.ContainsKey("oldest") ? "oldest" : "computedAt")));
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>Largest first.</summary>
    internal static string Counts(JsonObject holder) => string.Join(", ", ((JsonObject)holder["counts"]!).Select(c => (c.Key, Count: (long)c.Value!))
        .OrderByDescending(c => c.Count).ThenBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Count}").DefaultIfEmpty("-"));
}
