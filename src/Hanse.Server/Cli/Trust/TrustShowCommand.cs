using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Trust;

internal static class TrustShowCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("show", "Shows the roots that are trusted, the list of bans in force, and what each site has told of the same.",
            "hanse trust show", "hanse trust show --address unix:/var/lib/hanse/site.sock");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var trust = await api.GetAsync("/trust", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, trust);
                return ExitCodes.Ok;
            }

            CliOutput.Table(cli, trust["roots"]!.AsArray(), ("root", r => r.Text("pin")), ("issues", r => (bool)r["issues"]! ? "yes" : "no"), ("ends", r => r.Instant("notAfter")));
            var bans = trust["revocations"]!.AsObject();
            CliOutput.Fields(cli, ("Bans", $"list {bans.Text("number")} of life {bans.Text("incarnationNumber")}: {bans.Text("hosts")} hosts, {bans.Text("sites")} sites"),
                ("Intermediate", $"ends {trust.Instant("intermediateExpires")}"), ("Certificate", $"ends {trust.Instant("certificateExpires")}"));
            if (trust["sites"] is JsonArray { Count: > 0 } sites)
            {
                CliOutput.Table(cli, sites, ("site", s => s.Text("name")), ("roots", s => $"{s["roots"]!.AsArray().Count}"), ("issues under", s => Short(s.Text("issuingRoot"))),
                    ("ends", s => s.Instant("intermediateExpires")), ("list", s => s.Text("revocationsNumber")), ("agents", s => s.Text("agents")),
                    ("without these roots", s => s.Text("agentsLacking")), ("told", s => s.Instant("reportedAt")));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    internal static string Short(string pin) => pin.Length > 16 ? pin[..16] + "…" : pin;
}
