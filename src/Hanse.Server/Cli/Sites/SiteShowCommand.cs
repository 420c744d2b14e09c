using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Sites;

internal static class SiteShowCommand
{
    public static Command Build(CliContext cli)
    {
        var site = new Argument<string>("SITE") { Description = "Name or id." };
        var command = new CliCommand("show", "Shows one site.", "hanse site show north") { site };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var found = await api.GetAsync($"/sites/{Uri.EscapeDataString(parsed.GetRequiredValue(site))}", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, found);
                return ExitCodes.Ok;
            }

            CliOutput.Fields(cli, ("Name", found.Text("name")), ("Id", found.Text("id")), ("Status", found.Text("status")), ("Why", found.Text("statusReason")), ("Link", found.Text("link")),
                ("Hosts", found.Text("hostCount")), ("Queue", Queue(found)), ("Replay takes", found.Text("replayEstimate")), ("Names", found.Text("externalNames")),
                ("Location", found.Text("location")), ("Sync", found.Text("syncInterval")), ("Last success", found.Instant("lastSeen")),
                ("Last error", found["lastError"] is JsonObject error ? $"{error.Instant("at")} {error.Text("code")}: {error.Text("message")}" : ""), ("Version", found.Text("version")),
                ("Compared", found["reconciliation"] is JsonObject compared ? $"{compared.Instant("at")} {compared.Text("error")}{(compared["error"] is null ? "mended " + SiteReconcileCommand.Found(compared) : "")}" : ""));
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>By class: how many wait, since when, and how many the coordinator refused.</summary>
    private static string Queue(JsonObject site)
    {
        var queues = (site["queues"]?.AsArray() ?? []).OfType<JsonObject>().Select(q =>
            $"{q.Text("class")}: {q.Text("waiting")} waiting"
            + (q.Instant("oldest") is { Length: > 0 } oldest ? $" since {oldest}" : "")
            + (q.Text("setAside") is not ("" or "0") ? $", {q.Text("setAside")} set aside" : "")).ToList();
        return queues.Count > 0 ? string.Join("; ", queues) : site.Text("queueDepth");
    }
}
