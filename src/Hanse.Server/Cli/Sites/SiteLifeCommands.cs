using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Hosts;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Sites;

/// <summary>The steps of a site's life after it was invited. Each names the site and asks before it does what cannot be undone.</summary>
internal static class SiteLifeCommands
{
    public static IEnumerable<Command> All(CliContext cli) =>
    [
        Regenerate(cli),
        Of(cli, "cancel", "Takes the invitation of a site back that has not joined yet. Its name is free again.", "cancelled", "Cancel the invitation of {0}?",
            withReason: false, "hanse site cancel north"),
        Of(cli, "suspend", "Accepts nothing from a site and gives it no work; its link stays and it goes on by itself. What it has to tell waits.", "suspended", null,
            withReason: true, "hanse site suspend north --reason \"under investigation\""),
        Of(cli, "resume", "Ends a suspension: what waited at the site arrives.", "resumed", null, withReason: false, "hanse site resume north"),
        Of(cli, "remove", "Takes a site out for good: its key is revoked everywhere and its hosts leave the directory. Commands and audit log keep what it did.",
            "removed", "Remove the site {0}, and its hosts from the directory, for good?", withReason: true, "hanse site remove north --reason \"branch closed\""),
    ];

    private static Command Of(CliContext cli, string verb, string description, string done, string? question, bool withReason, string example)
    {
        var site = Site();
        var reason = new Option<string>("--reason") { Description = "Why; it goes into the audit log.", DefaultValueFactory = _ => "", HelpName = "TEXT" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new CliCommand(verb, description, example) { site };
        if (withReason)
        {
            command.Options.Add(reason);
        }

        if (question is not null)
        {
            command.Options.Add(yes);
        }

        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var name = parsed.GetRequiredValue(site);
            if (question is not null)
            {
                HostQuestion.Ask(cli, parsed.GetValue(yes), string.Format(System.Globalization.CultureInfo.InvariantCulture, question, name));
            }

            JsonObject? body = withReason ? new() { ["reason"] = parsed.GetValue(reason) } : null;
            await api.SendAsync(HttpMethod.Post, $"/sites/{Uri.EscapeDataString(name)}/{verb}", body, cancellation);
            return CliOutput.Outcome(parsed, cli, "site", name, done);
        });
        return command;
    }

    private static CliCommand Regenerate(CliContext cli)
    {
        var site = Site();
        var ttl = new Option<string?>("--ttl") { Description = "How long the join string is good. Default: 24h.", HelpName = "DURATION" };
        var command = new CliCommand("regenerate", "Makes a new join string for a site that has not joined yet. The old one is void at once.",
            "hanse site regenerate north --ttl 2h") { site, ttl };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var invitation = await api.PostAsync($"/sites/{Uri.EscapeDataString(parsed.GetRequiredValue(site))}/invitation",
                new JsonObject { ["ttl"] = parsed.GetValue(ttl) }.WithoutNulls(), cancellation);
            return InvitationText.Print(parsed, cli, invitation);
        });
        return command;
    }

    private static Argument<string> Site() => new("SITE") { Description = "Name or id." };
}
