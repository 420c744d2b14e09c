using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;

namespace Hanse.Server.Cli.Gateways;

internal static class GatewayInviteCommand
{
    public static Command Build(CliContext cli)
    {
        var name = new Argument<string>("NAME") { Description = "Name of the new gateway." };
        var address = new Option<string[]>("--address")
        {
            Description = "host:port under which it is reached from outside; agents are told of it. May be repeated. Without one agents are told of none.",
            HelpName = "HOST:PORT", DefaultValueFactory = _ => [],
        };
        var site = new Option<string[]>("--site")
        {
            Description = "A site that it leads to. May be repeated. Default: all, also those to come.", HelpName = "SITE", DefaultValueFactory = _ => [],
        };
        var noConsole = new Option<bool>("--no-console") { Description = "Give it no route to the coordinator, neither to its API nor for links of sites." };
        var pseudonyms = new Option<bool>("--pseudonyms") { Description = "Datagrams that pass it do not tell the address they came from. Its sites need its inner address in site.gatewayAddresses." };
        var standby = new Option<string[]>("--standby")
        {
            Description = "A second address for a site's datagrams, which get a copy each. May be repeated.", HelpName = "SITE=HOST:PORT", DefaultValueFactory = _ => [],
        };
        var ttl = new Option<string?>("--ttl") { Description = "How long the join string is good. Default: 24h.", HelpName = "DURATION" };
        var command = new CliCommand("invite", "Makes the join string with which a new gateway joins. It is a secret and works once.",
            "hanse gateway invite door --address door.example.org:443",
            "hanse gateway invite branch --address 203.0.113.7:443 --site north --site oslo --no-console --ttl 2h")
        {
            name, address, site, noConsole, pseudonyms, standby, ttl,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var invitation = await api.PostAsync("/gateways/invitations", new JsonObject
            {
                ["name"] = parsed.GetRequiredValue(name),
                ["addresses"] = Array(parsed.GetValue(address)),
                ["sites"] = Array(parsed.GetValue(site)),
                ["console"] = parsed.GetValue(noConsole) ? false : null,
                ["pseudonyms"] = parsed.GetValue(pseudonyms) ? true : null,
                ["standbys"] = Standbys(parsed.GetValue(standby) ?? []),
                ["ttl"] = parsed.GetValue(ttl),
            }.WithoutNulls(), cancellation);
            return InvitationText.Print(parsed, cli, invitation);
        });
        return command;
    }

    private static JsonArray? Array(IEnumerable<string>? texts) => texts?.ToList() is { Count: > 0 } some ? new JsonArray([.. some.Select(t => (JsonNode)t)]) : null;

    private static JsonObject? Standbys(string[] texts)
    {
        if (texts.FirstOrDefault(t => t.IndexOf('=', StringComparison.Ordinal) < 1) is { } bad)
        {
            throw new CliException(ExitCodes.Usage, $"--standby is SITE=HOST:PORT, not '{bad}'.");
        }

        var bySite = texts.Select(t => t.Split('=', 2)).GroupBy(p => p[0], p => p[1]).Select(s => KeyValuePair.Create<string, JsonNode?>(s.Key, Array(s)));
        return texts.Length == 0 ? null : new JsonObject(bySite);
    }
}
