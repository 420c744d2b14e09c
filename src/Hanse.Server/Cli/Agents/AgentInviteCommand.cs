using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;

namespace Hanse.Server.Cli.Agents;

internal static class AgentInviteCommand
{
    public static Command Build(CliContext cli)
    {
        var site = new Option<string?>("--site") { Description = "Site that the agents join. Needed when there are several.", HelpName = "SITE" };
        var ttl = new Option<string?>("--ttl") { Description = "How long the join string is good.", HelpName = "DURATION" };
        var systemTrust = new Option<bool>("--system-trust")
        {
            Description = "Leaves the pins out: the site shows a certificate of its operator's own (site.tlsCertificateFile), which the machines' trust stores know.",
        };
        var command = new CliCommand("invite", "Prints the join string for agents of a site, and the command to run on the machine. Many agents may use it until it expires.",
            "hanse agent invite --site north",
            "hanse agent invite --site north -o json | jq -r .joinString | ssh web-1 hanse-agent join")
        {
            site, ttl, systemTrust,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var invitation = await api.PostAsync("/agents/invitations",
                new JsonObject { ["site"] = parsed.GetValue(site), ["ttl"] = parsed.GetValue(ttl), ["systemTrust"] = parsed.GetValue(systemTrust) }.WithoutNulls(), cancellation);
            return InvitationText.Print(parsed, cli, invitation);
        });
        return command;
    }
}
