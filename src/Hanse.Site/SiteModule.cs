using System.Reflection;
using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Witnessing;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Link.Dialing;
using Hanse.Link.Pulse;
using Hanse.Link.Serving;
using Hanse.Site.Agents;
using Hanse.Site.Agents.Api;
using Hanse.Site.Agents.Readiness;
using Hanse.Site.Api;
using Hanse.Site.Audit;
using Hanse.Site.Audit.Api;
using Hanse.Site.Backup;
using Hanse.Site.Commands;
using Hanse.Site.Commands.Api;
using Hanse.Site.Enrollment;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Inventory;
using Hanse.Site.Inventory.Api;
using Hanse.Site.Metrics;
using Hanse.Site.Metrics.Api;
using Hanse.Site.Rollups;
using Hanse.Site.Rollups.Api;
using Hanse.Site.Uplink;
using Hanse.Site.Uplink.Api;
using Hanse.Storage.Backups;
using Hanse.Storage.Migrations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site;

/// <summary>A site, whole: what it is made of, what it serves and what it runs. The one place that knows all slices.
/// Up: agent → <see cref="AgentHandler"/> → its slice's table and the outbox in one transaction → <see cref="UplinkDriver"/> → coordinator.
/// Down: coordinator → <see cref="UplinkHandler"/> → its slice's table → <see cref="ExecutionDriver"/> → agent.</summary>
public static class SiteModule
{
    public static string Version { get; } =
        typeof(SiteModule).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static MigrationSet Migrations { get; } = MigrationSet.FromAssembly(typeof(SiteModule).Assembly);

    /// <summary>What a site knows of its backups, for a machine where it does not run.</summary>
    public static IBackupRole Backup(SiteOptions options) => new SiteBackup(options);

    /// <summary>Adds the site's services. The data source is the site's own database, migrated.</summary>
    public static IServiceCollection AddSite(this IServiceCollection services, SiteOptions options, NpgsqlDataSource database)
    {
        services.AddSingleton(options).AddSingleton(database);
        services.AddSingleton(s => new PulseWheel(s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new SiteServices(s.GetRequiredService<PulseWheel>(), new LinkAcceptorOptions(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DiskSpace>();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true); // SiteFaults names the field
        services.TryAddSingleton(GatherPause.Default);
        AddEnrollment(services);
        AddUplink(services);
        services.AddAuditLog().AddSingleton<IAuditAlarm, AuditAlarm>()
            .AddSingleton<OwnLogRecovery>().AddSingleton<AuditUplink>().AddSingleton<IAuditUplink>(s => s.GetRequiredService<AuditUplink>());
        services.AddSingleton<SiteBackup>();
        AddHosts(services);
        AddCommands(services);
        AddMetrics(services);
        services
            .AddSingleton<IRollupSource, HostRollupStore>().AddSingleton<IRollupSource, InventoryRollupStore>().AddSingleton<IRollupSource, OutboxRollup>()
            .AddSingleton<RollupClock>().AddSingleton<RollupDriver>();
        services.AddSingleton<SiteMetrics>();
        return services;
    }

    /// <summary>What the listener needs of this role.</summary>
    public static INodeServer NodeServer(IServiceProvider services) => services.GetRequiredService<SiteNodeServer>();

    /// <summary>Makes problems (RFC 9457) of what the site's endpoints could not answer; goes before them.</summary>
    public static void UseSiteProblems(this IApplicationBuilder app) => app.UseMiddleware<SiteFaults>();

    /// <summary>The API that the site's socket serves (J6), and its health for everyone.</summary>
    public static void MapSite(this IEndpointRouteBuilder endpoints)
    {
        SiteHealthEndpoints.Map(endpoints);
        var api = SiteEndpoints.Group(endpoints);
        SiteJoinEndpoints.Map(api);
        SiteTrustEndpoints.Map(api);
        SiteEndpoints.Map(api);
        CommandEndpoints.Map(api);
        OutboxEndpoints.Map(api);
        AuditEndpoints.Map(api);
        BackupEndpoints.Map(api);
    }

    /// <summary>Opens the identity, then runs every loop of the site until <paramref name="stop"/>; a loop that fails ends the site. Ends by itself,
    /// with everything erased, when the site has left its federation.</summary>
    public static async Task RunSiteAsync(IServiceProvider services, CancellationToken stop)
    {
        var leaver = services.GetRequiredService<SiteLeaver>();
        await leaver.ResumeAsync(stop);
        await services.GetRequiredService<SiteIdentity>().OpenAsync(stop);
        await services.GetRequiredService<HostStore>().SetAllOfflineAsync(stop);
        _ = services.GetRequiredService<SiteMetrics>();
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] loops =
        [
            services.GetRequiredService<RenewalDriver>().RunAsync(any.Token),
            services.GetRequiredService<UplinkDriver>().RunAsync(any.Token),
            services.GetRequiredService<PresenceDriver>().RunAsync(any.Token),
            services.GetRequiredService<ExecutionDriver>().RunAsync(any.Token),
            services.GetRequiredService<RetentionDriver>().RunAsync(any.Token),
            leaver.RunAsync(any.Token),
            services.GetRequiredService<AgentTrustDriver>().RunAsync(any.Token),
            services.GetRequiredService<AgentPathsDriver>().RunAsync(any.Token),
            services.GetRequiredService<TrustReportDriver>().RunAsync(any.Token),
            services.GetRequiredService<RollupDriver>().RunAsync(any.Token),
            services.GetRequiredService<MetricsDriver>().RunAsync(any.Token),
        ];
        // No loop of the site's life: without its port hosts report over their links.
        var datagrams = services.GetRequiredService<DatagramListener>().RunAsync(any.Token);
        var first = await Task.WhenAny(loops);
        await any.CancelAsync();
        await datagrams.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await first;
        if (leaver.HasLeft)
        {
            await Task.WhenAll(loops).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await StopSiteAsync(services);
            await leaver.EraseAsync(stop);
        }
    }

    /// <summary>Says goodbye to every agent, so that they come back at once instead of waiting for a missed heartbeat, and stores their last samples.</summary>
    public static async Task StopSiteAsync(IServiceProvider services)
    {
        await services.GetRequiredService<MetricsDriver>().StoreRestAsync(CancellationToken.None);
        if (services.GetRequiredService<SiteNodeServer>() is { IsReady: true } server)
        {
            await server.Acceptor.DrainAsync(
                LinkErrors.Of(Protocol.Errors.ErrorCodes.LinkClosing, "The site is stopping."), TimeSpan.FromSeconds(1));
        }
    }

    private static void AddEnrollment(IServiceCollection services) => services
        .AddSingleton<SiteStore>()
        .AddSingleton<SiteIdentity>().AddSingleton<ISiteIdentity>(s => s.GetRequiredService<SiteIdentity>())
        .AddSingleton<IAuditIdentity>(s => s.GetRequiredService<SiteIdentity>())
        .AddSingleton<JoinPreflight>().AddSingleton<SiteJoiner>().AddSingleton<SiteLeaver>()
        .AddSingleton<SiteNodeServer>()
        .AddSingleton<IDesiredState, DesiredStateIntake>()
        .AddSingleton<RenewalDriver>().AddSingleton<ISiteRenewal>(s => s.GetRequiredService<RenewalDriver>());

    private static void AddUplink(IServiceCollection services) => services
        .AddSingleton<OutboxSignals>().AddSingleton<IOutbox, OutboxStore>()
        .AddSingleton<RecordMeter>().AddSingleton<StateMeter>().AddSingleton<ReplayEstimate>()
        .AddSingleton<OutboxReadStore>().AddSingleton<OutboxDeskStore>()
        .AddSingleton<RecordStore>().AddSingleton<RecordDriver>()
        .AddSingleton<StateStore>().AddSingleton<StateDriver>()
        .AddSingleton<StatusDriver>().AddSingleton<RecoveryTeller>().AddSingleton<UplinkInbox>().AddSingleton<UplinkHandler>().AddSingleton<RetentionDriver>()
        .AddSingleton(s => new UplinkServices(
            new LinkGreeter(s.GetRequiredService<PulseWheel>(), LinkLimits.Default, s.GetRequiredService<TimeProvider>()),
            new BackoffOptions { Cap = TimeSpan.FromSeconds(15) }, s.GetRequiredService<Random>(), s.GetRequiredService<TimeProvider>(), Version,
            s.GetRequiredService<ILogger<UplinkDriver>>()))
        .AddSingleton<UplinkDriver>().AddSingleton<IUplinkStatus>(s => s.GetRequiredService<UplinkDriver>())
        .AddSingleton<ICoordinatorChannel>(s => s.GetRequiredService<UplinkDriver>());

    private static void AddHosts(IServiceCollection services) => services
        .AddSingleton<HostStore>().AddSingleton<IHostMoves, HostMoveStore>().AddSingleton<IHostEnrolment>(s => s.GetRequiredService<HostStore>())
        .AddSingleton<IHosts, Hosts>().AddSingleton<HostCounter>().AddSingleton<IHostDigests, HostDigestStore>()
        .AddSingleton<AgentLinks>().AddSingleton<IAgentChannel>(s => s.GetRequiredService<AgentLinks>())
        .AddSingleton<PresenceDriver>().AddSingleton<LinkSecretStore>().AddSingleton<QuarantineStore>()
        .AddSingleton<AgentTrustStore>().AddSingleton<AgentTrustDriver>().AddSingleton<AgentPathsDriver>().AddSingleton<TrustReportDriver>()
        .AddSingleton<AgentHandler>().AddSingleton<ILinkAdmission, AgentAdmission>()
        .AddSingleton<InventoryStore>().AddSingleton<IInventory, InventoryIntake>().AddSingleton<IInventoryRefresh, InventoryRefresher>();

    private static void AddMetrics(IServiceCollection services) => services
        .AddSingleton<MeterTable>().AddSingleton<KeyStore>().AddSingleton<MetricsStore>().AddSingleton<DatagramCounts>()
        .AddSingleton<DatagramIntake>().AddSingleton<DatagramListener>()
        .AddSingleton<MetricsService>().AddSingleton<IMetrics>(s => s.GetRequiredService<MetricsService>())
        .AddSingleton<MetricsSurroundings>().AddSingleton<MetricsDriver>();

    private static void AddCommands(IServiceCollection services) => services
        .AddSingleton<CommandSignal>().AddSingleton<CommandNotes>().AddSingleton<ExecutionWriter>().AddSingleton<OutputStore>()
        .AddSingleton<CommandIntake>().AddSingleton<ICommands>(s => s.GetRequiredService<CommandIntake>())
        .AddSingleton<LocalCommands>()
        .AddSingleton<ExecutionDriver>();
}
