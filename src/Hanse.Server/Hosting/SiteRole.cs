using System.Net;
using Hanse.Server.Configuration;
using Hanse.Site;
using Npgsql;

namespace Hanse.Server.Hosting;

/// <summary>A site as a part of this process.</summary>
internal static class SiteRole
{
    public const string Socket = "site.sock";
    private const string Administrator = "administrator";

    public static HostedRole Build(HanseOptions options, NpgsqlDataSource database, ILoggerFactory logging)
    {
        var builder = RoleBuilder.Create(options, logging);
        builder.Services.AddSite(Options(options, logging), database);
        WebApplication? app = null;
        var listen = Listen(options);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenForRole(
            new IPEndPoint(listen.Address, listen.Port), Path.Combine(options.DataDir, Socket), () => SiteModule.NodeServer(app!.Services)));
        app = builder.Build();
        app.UseNodeServer(SiteModule.NodeServer(app.Services));
        app.UseSiteProblems();
        app.UseLocalSocket(options.DataDir, Administrator);
        app.MapSite();
        return new HostedRole(ServerRole.Site, app, (_, _) => Task.CompletedTask, SiteModule.RunSiteAsync, SiteModule.StopSiteAsync);
    }

    /// <summary>Beside a coordinator the site has the port after it: each role's link name has a listener of its own.</summary>
    public static ListenAddress Listen(HanseOptions options) => options.Site.Listen
        ?? (options.Roles.Count > 1 ? options.Listen with { Port = options.Listen.Port + 1 } : options.Listen);

    internal static Hanse.Site.SiteOptions Options(HanseOptions options, ILoggerFactory logging) => new()
    {
        DataFolder = Path.Combine(options.DataDir, "site"), Lifetimes = RoleBuilder.Lifetimes(options),
        CommandGrace = options.Coordinator.CommandGrace, CoordinatorBeside = options.Roles.Contains(ServerRole.Coordinator),
        DiskFloor = options.Site.DiskFloor, OutboxBound = options.Site.OutboxBound, OutboxKept = options.Site.OutboxKept,
        RollupInterval = options.Site.RollupInterval, Metrics = options.Site.Metrics,
        Certificate = OwnCertificate.Open("site", options.Site.TlsCertificateFile, options.Site.TlsKeyFile, logging),
    };
}
