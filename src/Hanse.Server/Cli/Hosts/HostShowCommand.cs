using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Hosts;

internal static class HostShowCommand
{
    public static Command Build(CliContext cli)
    {
        var host = new Argument<string>("HOST") { Description = "Hostname or id." };
        var section = new Option<string?>("--section")
        {
            Description = "Part of its detail, asked of its site: packages, services, disks, network, users, ports, certificates, updates, system, hardware.",
            HelpName = "SECTION",
        };
        var command = new CliCommand("show", "Shows one host, or a section of its detail.",
            "hanse host show web-1", "hanse host show web-1 --section packages -o json") { host, section };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var path = $"/hosts/{Uri.EscapeDataString(parsed.GetRequiredValue(host))}";
            return parsed.GetValue(section) is { } name
                ? PrintSection(parsed, cli, Body(await api.SendAsync(HttpMethod.Get, $"{path}/sections/{Uri.EscapeDataString(name)}", null, cancellation)))
                : PrintHost(parsed, cli, await api.GetAsync(path, cancellation));
        });
        return command;
    }

    // A section is its rows; where the API wraps them with when they were collected, the rows are what is asked for.
    private static JsonNode? Body(JsonNode? answer) => answer is JsonObject section && (section["body"] ?? section["items"]) is { } body ? body : answer;

    private static int PrintHost(ParseResult parsed, CliContext cli, JsonObject host)
    {
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            CliOutput.Json(cli, host);
            return ExitCodes.Ok;
        }

        CliOutput.Fields(cli, ("Hostname", host.Text("hostname")), ("Id", host.Text("id")), ("Site", host.Text("site")), ("Status", host.Text("status")),
            ("OS", host.Text("os")), ("Addresses", host.Text("addresses")), ("Tags", host.Text("tags")), ("Last seen", host.Instant("lastSeen")),
            ("Agent", host.Text("agentVersion")), ("Site link", host.Text("siteLink")));
        return ExitCodes.Ok;
    }

    private static int PrintSection(ParseResult parsed, CliContext cli, JsonNode? body)
    {
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            CliOutput.Json(cli, body);
        }
        else if (body is JsonArray rows)
        {
            var names = rows.OfType<JsonObject>().SelectMany(r => r.Select(p => p.Key)).Distinct().ToArray();
            CliOutput.Table(cli, rows, [.. names.Select(n => (n, (Func<JsonObject, string>)(r => r.Text(n))))]);
        }
        else if (body is JsonObject thing)
        {
            CliOutput.Fields(cli, [.. thing.Select(p => (p.Key, thing.Text(p.Key)))]);
        }

        return ExitCodes.Ok;
    }
}
