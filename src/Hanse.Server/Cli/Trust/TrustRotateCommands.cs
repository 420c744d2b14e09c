using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Hosts;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Trust;

/// <summary>The steps of a root's rotation. The server decides whether a step may be done; each says what follows.</summary>
internal static class TrustRotateCommands
{
    public static Command Build(CliContext cli) => new("rotate", "Replaces the federation's root, step by step: start, switch, finish; or abort before the switch.")
    {
        Step(cli, "start", "Makes the next root and publishes it: every site and agent learns to trust it beside the old one.",
            "The next root is published. `hanse trust rotate status` shows who trusts it; then: hanse trust rotate switch", question: null, skips: false,
            "hanse trust rotate start"),
        Status(cli),
        Step(cli, "switch", "Lets the new root issue, once every site and agent trusts it: all certificates are renewed under it. It cannot be taken back.",
            "The new root issues. `hanse trust rotate status` shows who still has a certificate of the old one; then: hanse trust rotate finish",
            "Let the new root issue?", skips: true, "hanse trust rotate switch --yes", "hanse trust rotate switch --skip north"),
        Step(cli, "finish", "Takes the old root out, once nobody has a certificate of it any more.", "The old root is trusted no more.",
            "Trust the old root no more?", skips: true, "hanse trust rotate finish --yes"),
        Step(cli, "abort", "Takes the next root back, before the switch.", "The next root is taken back; everything is as before.", "Take the next root back?", skips: false,
            "hanse trust rotate abort --yes"),
    };

    private static CliCommand Step(CliContext cli, string step, string description, string done, string? question, bool skips, params string[] examples)
    {
        var skip = new Option<string[]>("--skip") { Description = "Do not wait for this site and its agents. May be given several times.", HelpName = "SITE" };
        var force = new Option<bool>("--force") { Description = "Wait for nobody; the answer names who is left behind." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new CliCommand(step, description, examples);
        if (skips)
        {
            command.Options.Add(skip);
            command.Options.Add(force);
        }

        if (question is not null)
        {
            command.Options.Add(yes);
        }

        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            if (question is not null)
            {
                HostQuestion.Ask(cli, parsed.GetValue(yes), question);
            }

            JsonObject? body = skips
                ? new() { ["skip"] = new JsonArray([.. (parsed.GetValue(skip) ?? []).Select(s => (JsonNode)s)]), ["force"] = parsed.GetValue(force) }
                : null;
            var answer = await api.PostAsync($"/trust/rotation/{step}", body, cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, answer);
                return ExitCodes.Ok;
            }

            await cli.Out.WriteLineAsync(done);
            foreach (var left in answer["unreachable"]?.AsArray() ?? [])
            {
                await cli.Out.WriteLineAsync($"Left behind: {Field.Clean((string)left!)}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static CliCommand Status(CliContext cli)
    {
        var command = new CliCommand("status", "Shows how far each site and its agents are.", "hanse trust rotate status", "hanse trust rotate status -o json | jq .ready");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var status = await api.GetAsync("/trust/rotation", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, status);
                return ExitCodes.Ok;
            }

            CliOutput.Fields(cli, ("Phase", status.Text("phase")), ("Ready", (bool)status["ready"]! ? "yes, for the next step" : ""), ("Old root", status.Text("oldRoot")),
                ("New root", status.Text("newRoot")), ("Started", status.Instant("startedAt")), ("By", status.Text("startedBy")),
                ("Switched", status.Instant("switchedAt")), ("Ended", status.Instant("endedAt")));
            if (status["sites"] is JsonArray { Count: > 0 } sites)
            {
                CliOutput.Table(cli, sites, ("site", s => s.Text("name")), ("state", s => s.Text("state")), ("agents", s => s.Text("agents")),
                    ("waiting", s => s.Text("agentsWaiting")), ("why", s => s.Text("why")), ("hosts", Hosts), ("told", s => s.Instant("reportedAt")));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Hosts(JsonObject site)
    {
        var hosts = site["hosts"]!.AsArray().OfType<JsonObject>().ToList();
        return string.Join(", ", hosts.Take(5).Select(h => h.Text("hostname") is { Length: > 0 } name ? name : h.Text("id"))) + (hosts.Count > 5 ? ", …" : "");
    }
}
