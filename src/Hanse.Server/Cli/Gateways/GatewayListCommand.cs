using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Gateways;

internal static class GatewayListCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("list", "Lists the gateways of the federation.", "hanse gateway list", "hanse gateway list -o json | jq '.[].name'");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var gateways = await api.ListAsync("/gateways", null, cancellation);
            CliOutput.List(parsed, cli, gateways, ("name", g => g.Text("name")), ("status", g => g.Text("status")), ("link", g => g.Text("link")),
                ("sites", g => g["sites"] is null ? "all" : g.Text("sites")), ("draining", g => g.Text("draining") == "true" ? "yes" : "no"),
                ("connections", g => g.Text("connections")), ("addresses", g => g.Text("addresses")), ("last report", g => g.Instant("lastReport")), ("id", g => g.Text("id")));
            return ExitCodes.Ok;
        });
        return command;
    }
}
