using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

/// <summary>Who cosigns this log, what is held of others' logs, and every break in one of them: those never go away.</summary>
internal static class AuditWitnessesCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("witnesses", "Shows who cosigns this node's audit log, what it holds of theirs, and where one of them did not go on.",
            "hanse audit witnesses", "hanse audit witnesses --address unix:/var/lib/hanse-north/site.sock");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var standing = await api.GetAsync("/audit/standing", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, standing);
                return ExitCodes.Ok;
            }

            CliOutput.Table(cli, Items(standing, "witnesses"), ("cosigned by", w => w.Text("node")), ("entries", w => w.Text("size")),
                ("at", w => w.Instant("cosignedAt")), ("problem", w => w.Text("problem")));
            CliOutput.Table(cli, Items(standing, "held"), ("log of", h => h.Text("node")), ("entries", h => h.Text("size")), ("seen", h => h.Instant("seenAt")),
                ("log", h => h.Text("log")), ("followed by", h => h.Text("followedBy")));
            if (Items(standing, "breaks") is { Count: > 0 } breaks)
            {
                CliOutput.Table(cli, breaks, ("break in the log of", b => b.Text("node")), ("kind", b => b.Text("kind")), ("found", b => b.Instant("detectedAt")),
                    ("over", b => b.Instant("healedAt")), ("why", b => b.Text("why")));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static JsonArray Items(JsonObject standing, string name) => standing[name]?.AsArray() ?? [];
}
