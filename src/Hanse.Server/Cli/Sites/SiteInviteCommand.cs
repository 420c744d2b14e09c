using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;

namespace Hanse.Server.Cli.Sites;

internal static class SiteInviteCommand
{
    public static Command Build(CliContext cli)
    {
        var name = new Argument<string>("NAME") { Description = "Name of the new site." };
        var names = new Option<string[]>("--external-name")
        {
            Description = "DNS name by which the site's agents reach it. May be repeated.", Required = true, HelpName = "DNS",
        };
        var dial = new Option<string[]>("--dial")
        {
            Description = "host:port that agents dial. May be repeated. Default: each external name with port 7443.", HelpName = "HOST:PORT",
            DefaultValueFactory = _ => [],
        };
        var location = new Option<string?>("--location") { Description = "Where it is, in words." };
        var latitude = new Option<double?>("--latitude") { Description = "Degrees, north positive." };
        var longitude = new Option<double?>("--longitude") { Description = "Degrees, east positive." };
        var ttl = new Option<string?>("--ttl") { Description = "How long the join string is good. Default: 24h.", HelpName = "DURATION" };
        var sync = new Option<string?>("--sync-interval")
        {
            Description = "How often the site tells how it is while nothing changes, 1s to 1h. Default: 5s.", HelpName = "DURATION",
        };
        var command = new CliCommand("invite", "Makes the join string with which a new site joins. It is a secret and works once.",
            "hanse site invite north --external-name north.example.org",
            "hanse site invite oslo --external-name oslo.example.org --location Oslo --latitude 59.91 --longitude 10.75 --ttl 2h")
        {
            name, names, dial, location, latitude, longitude, ttl, sync,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var invitation = await api.PostAsync("/sites/invitations", new JsonObject
            {
                ["name"] = parsed.GetRequiredValue(name),
                ["externalNames"] = new JsonArray([.. parsed.GetRequiredValue(names).Select(n => (JsonNode)n)]),
                ["addresses"] = parsed.GetValue(dial) is { Length: > 0 } dialled ? new JsonArray([.. dialled.Select(d => (JsonNode)d)]) : null,
                ["location"] = parsed.GetValue(location),
                ["latitude"] = parsed.GetValue(latitude),
                ["longitude"] = parsed.GetValue(longitude),
                ["ttl"] = parsed.GetValue(ttl),
                ["syncInterval"] = parsed.GetValue(sync),
            }.WithoutNulls(), cancellation);
            return InvitationText.Print(parsed, cli, invitation);
        });
        return command;
    }
}
