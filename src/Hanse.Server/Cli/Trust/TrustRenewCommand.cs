using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Trust;

internal static class TrustRenewCommand
{
    public static Command Build(CliContext cli)
    {
        var site = new Option<string>("--site") { Description = "Name or id.", Required = true, HelpName = "SITE" };
        var command = new CliCommand("renew", "Has a site renew its intermediate now, with a new key, instead of at half of its life.", "hanse trust renew --site north") { site };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var name = parsed.GetRequiredValue(site);
            await api.SendAsync(HttpMethod.Post, "/trust/renewals", new JsonObject { ["site"] = name }, cancellation);
            return CliOutput.Outcome(parsed, cli, "site", name, "renews its intermediate");
        });
        return command;
    }
}
