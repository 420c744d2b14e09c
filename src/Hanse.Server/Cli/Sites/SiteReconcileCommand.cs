using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Sites;

/// <summary>Compares the directory with a site now instead of in the night.</summary>
internal static class SiteReconcileCommand
{
    public static Command Build(CliContext cli)
    {
        var site = new Argument<string>("SITE") { Description = "Name or id." };
        var command = new CliCommand("reconcile",
            "Compares the host directory with a site by digest, and has the site send again what differs. The coordinator does so by itself once a night.",
            "hanse site reconcile north") { site };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var result = await api.PostAsync($"/sites/{Uri.EscapeDataString(parsed.GetRequiredValue(site))}/reconcile", null, cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, result);
            }
            else
            {
                CliOutput.Fields(cli, ("Hosts", result.Text("hosts")), ("Buckets", $"{result.Text("buckets")}, {result.Text("bucketsDifferent")} of them different"),
                    ("Bytes", result.Text("bytes")), ("Took", $"{result.Text("tookMs")} ms"), ("Mended", Found(result)), ("Left alone", LeftAlone(result)));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>What a comparison had to mend, in a line.</summary>
    public static string Found(JsonObject result) =>
        $"{result.Text("mended")} ({result.Text("missing")} missing, {result.Text("differing")} differing, {result.Text("ghosts")} ghosts)";

    private static string LeftAlone(JsonObject result)
    {
        (string Name, string Meaning)[] kinds = [("waiting", "on their way"), ("refused", "refused by the directory"), ("elsewhere", "of another site")];
        return string.Join(", ", kinds.Where(k => result.Text(k.Name) is not ("" or "0")).Select(k => $"{result.Text(k.Name)} {k.Meaning}"));
    }
}
