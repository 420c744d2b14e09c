using System.CommandLine;

namespace Hanse.Server.Cli.Gateways;

/// <summary><c>hanse gateway</c>: the doors through which agents reach their sites from outside.</summary>
internal static class GatewayCommands
{
    public static Command Build(CliContext cli)
    {
        var gateway = new CliCommand("gateway",
            "Invites, shows and drains gateways: relays in a DMZ that route by TLS server name and hold no key but their own. They run as hanse-gateway.",
            "hanse gateway invite door --address door.example.org:443",
            "hanse gateway list");
        gateway.Subcommands.Add(GatewayInviteCommand.Build(cli));
        gateway.Subcommands.Add(GatewayListCommand.Build(cli));
        gateway.Subcommands.Add(GatewayShowCommand.Build(cli));
        gateway.Subcommands.Add(GatewayDoctorCommand.Build(cli));
        foreach (var verb in GatewayLifeCommands.All(cli))
        {
            gateway.Subcommands.Add(verb);
        }

        return gateway;
    }
}
