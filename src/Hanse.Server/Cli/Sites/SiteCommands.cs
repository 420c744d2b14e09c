using System.CommandLine;
using Hanse.Server.Cli.Servers;
using Hanse.Server.Configuration;

namespace Hanse.Server.Cli.Sites;

/// <summary><c>hanse site</c>: alone it runs a site; with a verb it is about sites.</summary>
internal static class SiteCommands
{
    public static Command Build(CliContext cli)
    {
        var site = new CliCommand("site",
            "Runs a site (without a verb), or shows and invites sites. A new site waits until `hanse site join` gives it its join string.",
            "hanse site --data-dir /var/lib/hanse-north --listen 0.0.0.0:7443",
            "hanse site list");
        ServeCommands.Of(cli, ServerRole.Site, site);
        site.Subcommands.Add(SiteInviteCommand.Build(cli));
        site.Subcommands.Add(SiteJoinCommand.Build(cli));
        site.Subcommands.Add(SiteLeaveCommand.Build(cli));
        site.Subcommands.Add(SiteListCommand.Build(cli));
        site.Subcommands.Add(SiteShowCommand.Build(cli));
        site.Subcommands.Add(SiteReconcileCommand.Build(cli));
        foreach (var verb in SiteLifeCommands.All(cli))
        {
            site.Subcommands.Add(verb);
        }

        return site;
    }
}
