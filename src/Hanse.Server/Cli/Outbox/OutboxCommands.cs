using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Hosts;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Outbox;

/// <summary><c>hanse outbox</c>: what a site has for its coordinator. Asked of the coordinator with <c>--site</c>, or of the site itself through its socket.</summary>
internal static class OutboxCommands
{
    private const string AtSite = " --address unix:/var/lib/hanse-north/site.sock";

    public static Command Build(CliContext cli) =>
        new("outbox", "Lists and settles what a site has for its coordinator. With --site it is asked of the coordinator, otherwise of the site itself: --address unix:…/site.sock.")
        {
            List(cli), Show(cli),
            Settle(cli, "retry", "Sends an entry that the coordinator refused again, under a new number.", "sent again", null),
            Settle(cli, "drop", "Lets an entry go that the coordinator refused. It is in the audit log.", "dropped", "Let {0} go? The coordinator will never hear of it."),
        };

    private static CliCommand List(CliContext cli)
    {
        var (site, status) = (Site(), new Option<string?>("--status") { Description = "Only these: set-aside, waiting.", HelpName = "STATUS" });
        var limit = new Option<int>("--limit") { Description = "At most so many.", DefaultValueFactory = _ => 100 };
        status.AcceptOnlyFromAmong("set-aside", "waiting");
        var command = new CliCommand("list", "Lists what waits for the coordinator, and first what it refused and why.",
            "hanse outbox list --site north", "hanse outbox list --status set-aside" + AtSite)
        {
            site, status, limit,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var entries = await api.ListAsync(
                Path(parsed.GetValue(site)) + (parsed.GetValue(status) is { } only ? $"?status={only}" : ""), parsed.GetValue(limit), cancellation);
            CliOutput.List(parsed, cli, entries, ("id", e => e.Text("id")), ("status", e => e.Text("status")), ("kind", e => e.Text("kind")),
                ("about", e => e.Text("subject")), ("since", e => e.Instant("createdAt")), ("refused", e => e.Text("code")), ("why", e => e.Text("message")));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CliCommand Show(CliContext cli)
    {
        var (site, id) = (Site(), Id());
        var command = new CliCommand("show", "Shows one entry and what it says.", "hanse outbox show refused-3 --site north", "hanse outbox show refused-3" + AtSite) { id, site };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var found = await api.GetAsync($"{Path(parsed.GetValue(site))}/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, found);
                return ExitCodes.Ok;
            }

            var entry = found["entry"]!.AsObject();
            CliOutput.Fields(cli, ("Id", entry.Text("id")), ("Site", entry.Text("site")), ("Status", entry.Text("status")), ("Kind", entry.Text("kind")),
                ("About", entry.Text("subject")), ("Since", entry.Instant("createdAt")), ("Number", entry.Text("sequence")), ("Refused", entry.Text("code")),
                ("Why", entry.Text("message")), ("Bytes", entry.Text("size")));
            CliOutput.Json(cli, found["content"]?.DeepClone());
            return ExitCodes.Ok;
        });
        return command;
    }

    private static CliCommand Settle(CliContext cli, string verb, string description, string done, string? question)
    {
        var (site, id) = (Site(), Id());
        var reason = new Option<string>("--reason") { Description = "Why; it goes into the audit log.", DefaultValueFactory = _ => "", HelpName = "TEXT" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new CliCommand(verb, description, $"hanse outbox {verb} refused-3 --site north", $"hanse outbox {verb} refused-3{AtSite}") { id, site, reason };
        if (question is not null)
        {
            command.Options.Add(yes);
        }

        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var entry = parsed.GetRequiredValue(id);
            if (question is not null)
            {
                HostQuestion.Ask(cli, parsed.GetValue(yes), string.Format(System.Globalization.CultureInfo.InvariantCulture, question, entry));
            }

            await api.SendAsync(HttpMethod.Post, $"{Path(parsed.GetValue(site))}/{Uri.EscapeDataString(entry)}/{verb}",
                new JsonObject { ["reason"] = parsed.GetValue(reason) }, cancellation);
            return CliOutput.Outcome(parsed, cli, "entry", entry, done);
        });
        return command;
    }

    private static string Path(string? site) => site is null ? "/outbox" : $"/sites/{Uri.EscapeDataString(site)}/outbox";

    private static Option<string?> Site() => new("--site") { Description = "Whose outbox, asked through the coordinator.", HelpName = "SITE" };

    private static Argument<string> Id() => new("ENTRY") { Description = "Its id, as hanse outbox list shows it." };
}
