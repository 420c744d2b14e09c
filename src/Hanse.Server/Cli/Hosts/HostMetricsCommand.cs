using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Hosts;

internal static class HostMetricsCommand
{
    public static Command Build(CliContext cli)
    {
        var host = new Argument<string>("HOST") { Description = "Hostname or id." };
        var since = new Option<string?>("--since") { Description = "Show how it was from then on: an instant, or how long ago.", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "To: an instant, or how long ago.", HelpName = "TIME" };
        var points = new Option<int>("--points") { Description = "Lines at the most.", DefaultValueFactory = _ => 60, HelpName = "N" };
        var command = new CliCommand("metrics", "Shows what a host is doing, or was.", "hanse host metrics web-1",
            "hanse host metrics web-1 --since 3h --until 2h", "hanse host metrics web-1 --since 7d -o json") { host, since, until, points };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            (string Name, string? Value)[] parts =
            [
                ("from", TimeArgument.Read(parsed.GetValue(since), cli, "--since")), ("to", TimeArgument.Read(parsed.GetValue(until), cli, "--until")),
                ("points", parsed.GetValue(points).ToString(CultureInfo.InvariantCulture)),
            ];
            var query = string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
            var metrics = await api.GetAsync($"/hosts/{Uri.EscapeDataString(parsed.GetRequiredValue(host))}/metrics?{query}", cancellation);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, metrics);
            }
            else if (parsed.GetValue(since) is not null)
            {
                PrintPoints(cli, (JsonArray)metrics["points"]!);
            }
            else if (metrics["last"] is JsonObject last)
            {
                PrintSample(cli, last);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static void PrintSample(CliContext cli, JsonObject last)
    {
        CliOutput.Fields(cli, ("At", $"{last.Instant("at")}, by {last.Text("path")}"), ("Processor", Percent(last, "cpu")),
            ("Memory", last["memoryUsed"] is null ? "" : $"{Size(last, "memoryUsed")} of {Size(last, "memoryTotal")}"), ("Swap", Size(last, "swapUsed")),
            ("Load", string.Join("  ", new[] { "load1", "load5", "load15" }.Select(last.Text)).Trim()), ("Uptime", last.Text("uptime")),
            ("Disks", Traffic(last, "diskRead", "read", "diskWritten", "written")),
            ("Network", Traffic(last, "networkReceived", "received", "networkSent", "sent")),
            ("Full", string.Join(", ", Items(last, "fileSystems").Select(f => $"{f.Text("path")} {Percent(f, "used")} of {Size(f, "size")}"))),
            ("Processes", last.Text("processCount")), ("Log-ins", last.Text("loginCount")));
        Table(cli, last, "processes", ("pid", p => p.Text("pid")), ("process", p => p.Text("name")), ("processor", p => Percent(p, "cpu")), ("memory", p => Size(p, "memory")));
        Table(cli, last, "logins", ("user", l => l.Text("user")), ("terminal", l => l.Text("terminal")), ("from", l => l.Text("from")), ("since", l => l.Instant("since")));
    }

    private static void PrintPoints(CliContext cli, JsonArray points) => CliOutput.Table(
        cli, points, ("at", p => p.Instant("at")), ("processor", p => Both(p, "cpu", Percent)), ("memory", p => Both(p, "memoryUsed", Size)), ("load", p => Both(p, "load1", Field.Text)),
        ("read", p => Both(p, "diskRead", Size)), ("written", p => Both(p, "diskWritten", Size)), ("received", p => Both(p, "networkReceived", Size)),
        ("sent", p => Both(p, "networkSent", Size)));

    // Mean and highest; one where they are the same.
    private static string Both(JsonObject point, string name, Func<JsonObject, string, string> text)
    {
        var (mean, highest) = (text((JsonObject)point["mean"]!, name), text((JsonObject)point["highest"]!, name));
        return mean == highest ? mean : $"{mean} ({highest})";
    }

    private static void Table(CliContext cli, JsonObject last, string list, params (string Heading, Func<JsonObject, string> Text)[] columns)
    {
        if (last[list] is JsonArray { Count: > 0 } items)
        {
            cli.Out.WriteLine();
            CliOutput.Table(cli, items, columns);
        }
    }

    private static IEnumerable<JsonObject> Items(JsonObject last, string list) => (last[list] as JsonArray ?? []).OfType<JsonObject>();

    private static string Traffic(JsonObject last, string first, string firstWord, string second, string secondWord) =>
        last[first] is null ? "" : $"{Size(last, first)}/s {firstWord}, {Size(last, second)}/s {secondWord}";

    private static string Percent(JsonObject item, string name) =>
        item[name] is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value.GetValue<double>():0.0} %") : "";

    private static string Size(JsonObject item, string name)
    {
        if (item[name] is not { } value)
        {
            return "";
        }

        var (size, unit) = (value.GetValue<double>(), 0);
        for (; size >= 1024 && unit < 4; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {new[] { "B", "KiB", "MiB", "GiB", "TiB" }[unit]}");
    }
}
