using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Hosts;

internal static class HostSearchCommand
{
    private const int DefaultLimit = 100;

    public static Command Build(CliContext cli)
    {
        var text = new Argument<string?>("TEXT") { Description = "Part of a hostname, or an address.", Arity = ArgumentArity.ZeroOrOne };
        var filters = new (Option<string?> Option, string Query)[]
        {
            (new("--site") { Description = "Name or id of a site.", HelpName = "SITE" }, "site"),
            (new("--ip", "--net") { Description = "Address or network, such as 10.1.0.0/16.", HelpName = "ADDRESS" }, "address"),
            (new("--tag") { Description = "A tag of the host.", HelpName = "TAG" }, "tag"),
            (new("--os") { Description = "Operating system, such as debian.", HelpName = "OS" }, "os"),
            (new("--status") { Description = "Status, such as online.", HelpName = "STATUS" }, "status"),
        };
        var limit = new Option<int>("--limit") { Description = "Most hosts to print.", DefaultValueFactory = _ => DefaultLimit, HelpName = "N" };
        var all = new Option<bool>("--all") { Description = "Print every match, however many." };
        var exact = new Option<bool>("--exact-count") { Description = "Count all matches instead of \"1,000+\"." };
        var command = new CliCommand("search", "Searches the host directory. Works whether or not a host's site is online; each row says how fresh it is.",
            "hanse host search web", "hanse host search --site north --tag production", "hanse host search --ip 10.1.0.0/16 --all -o json") { text, limit, all, exact };
        foreach (var (option, _) in filters)
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var query = filters.Select(f => (f.Query, parsed.GetValue(f.Option))).Prepend(("q", parsed.GetValue(text)))
                .Append(("count", parsed.GetValue(exact) ? "exact" : null))
                .Where(q => !string.IsNullOrEmpty(q.Item2)).Select(q => $"{q.Item1}={Uri.EscapeDataString(q.Item2!)}").ToArray();
            JsonObject? last = null;
            var hosts = await api.ListAsync("/hosts" + (query.Length > 0 ? "?" + string.Join('&', query) : ""),
                parsed.GetValue(all) ? null : parsed.GetValue(limit), cancellation, page => last = page);
            Print(parsed, cli, hosts, last);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Print(ParseResult parsed, CliContext cli, JsonArray hosts, JsonObject? last)
    {
        CliOutput.List(parsed, cli, hosts, ("hostname", h => h.Text("hostname")), ("site", h => h.Text("site")), ("status", h => h.Text("status")),
            ("os", h => h.Text("os")), ("addresses", h => h.Text("addresses")), ("tags", h => h.Text("tags")), ("last seen", h => h.Instant("lastSeen")));

        var count = last?["count"] as JsonObject;
        var total = count is null ? "" : $" of {count.Text("value")}{(count.Text("exact") == "true" ? "" : "+")}";
        if ((string?)last?["next"] is not null)
        {
            cli.Error.WriteLine($"{hosts.Count}{total} hosts; narrow the search, or use --limit N or --all.");
        }

        if (last?.Text("truncated") == "true")
        {
            cli.Error.WriteLine("The search hit its time limit and shows what it had by then; narrow it.");
        }
    }
}
