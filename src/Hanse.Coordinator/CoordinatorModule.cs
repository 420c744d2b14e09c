using System.Reflection;
using Hanse.Audit.Checkpoints;
using Hanse.Coordinator.Access;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Audit;
using Hanse.Coordinator.Backup;
using Hanse.Coordinator.Commands;
using Hanse.Coordinator.Enrollment;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Enrollment.Rotation;
using Hanse.Coordinator.Gateways;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Hosts;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Hosts.Reconciling;
using Hanse.Coordinator.Recovery;
using Hanse.Coordinator.Recovery.Api;
using Hanse.Coordinator.Rollups;
using Hanse.Coordinator.Rollups.Api;
using Hanse.Coordinator.Sites;
using Hanse.Coordinator.Sites.Api;
using Hanse.Coordinator.Uplink;
using Hanse.Coordinator.Uplink.Api;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Link.Pulse;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Storage.Backups;
using Hanse.Storage.Migrations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Hanse.Coordinator;

/// <summary>A coordinator, whole: what it is made of, what it serves and what it runs. The one place that knows all slices.
/// Up: site → <see cref="UplinkHandler"/> → directory, rollups, executions and audit under a mark in one transaction.
/// Down: operator → endpoints → audit and tables in one transaction → drivers → <see cref="SiteLinks"/> → site.</summary>
public static class CoordinatorModule
{
    public static string Version { get; } =
        typeof(CoordinatorModule).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static MigrationSet Migrations { get; } = MigrationSet.FromAssembly(typeof(CoordinatorModule).Assembly);

    /// <summary>What a coordinator knows of its backups, for a machine where it does not run.</summary>
    public static IBackupRole Backup(CoordinatorOptions options) => new CoordinatorBackup(options, TimeProvider.System);

    /// <summary>Adds the coordinator's services. The data source is the coordinator's own database, migrated.</summary>
    public static IServiceCollection AddCoordinator(this IServiceCollection services, CoordinatorOptions options, NpgsqlDataSource database)
    {
        services.AddSingleton(options).AddSingleton(database);
        services.AddSingleton(s => new PulseWheel(s.GetRequiredService<TimeProvider>()));
        services.AddApi().AddAudit().AddCommands().AddHosts();
        services.Configure<CommandOptions>(commands => commands.Grace = options.CommandGrace);
        services
            .AddSingleton(s => new NodeServerOptions(options.Names, options.Addresses, new LinkAcceptorOptions(), database, s.GetRequiredService<TimeProvider>(), options.Certificate))
            .AddSingleton<FederationStore>()
            .AddSingleton<Federation>().AddSingleton<IFederation>(s => s.GetRequiredService<Federation>())
            .AddSingleton<IAuditIdentity>(s => s.GetRequiredService<Federation>())
            .AddSingleton<CoordinatorNodeServer>().AddSingleton<SiteJoinDesk>().AddSingleton<GatewayJoinDesk>().AddSingleton<JoinCheckDesk>()
            .AddSingleton<INodeTokens>(s => s.GetRequiredService<FederationStore>()).AddSingleton<InvitationDesk>().AddSingleton<RenewalDriver>()
            .AddSingleton<BanStore>().AddSingleton<IBans, Bans>()
            .AddSingleton<RotationStore>().AddSingleton<SiteTrustStore>().AddSingleton<ISiteTrust, SiteTrustIntake>()
            .AddSingleton<SiteRenewals>().AddSingleton<CustomerKeyStore>().AddSingleton<CustomerKeyDesk>().AddSingleton<HorizonReader>().AddSingleton<ITrustHealth>(s => s.GetRequiredService<HorizonReader>())
            .AddSingleton<RotationReader>().AddSingleton<RotationDesk>().AddSingleton<RotationDriver>();
        services
            .AddSingleton<SiteStore>().AddSingleton<ISites>(s => s.GetRequiredService<SiteStore>())
            .AddSingleton<IHostTagsObserver>(s => s.GetRequiredService<SiteStore>()).AddSingleton<IHostMoveObserver>(s => s.GetRequiredService<SiteStore>())
            .AddSingleton<SiteLinks>().AddSingleton<ISiteChannel>(s => s.GetRequiredService<SiteLinks>())
            .AddSingleton<ISiteRegistry, SiteRegistry>().AddSingleton<SiteContents>().AddSingleton<DesiredStateDriver>()
            .AddSingleton<SiteActions>().AddSingleton<OutboxActions>().AddSingleton<ISiteRemoval, SiteRemoval>();
        services
            .AddSingleton<IRollups, RollupStore>().AddSingleton<RollupRetentionDriver>()
            .AddSingleton<ReplayGate>().AddSingleton<OutboxIntake>().AddSingleton<IBackupMarks, BackupMarkStore>()
            .AddSingleton<HostFacts>().AddSingleton<RecordIntake>().AddSingleton<StateIntake>().AddSingleton<UplinkHandler>()
            .AddSingleton<SiteDirectory>().AddSingleton<SiteAdmission>()
            .AddSingleton<CoordinatorMetrics>();
        services
            .AddSingleton<GatewayStore>().AddSingleton<IGateways>(s => s.GetRequiredService<GatewayStore>()).AddSingleton<GatewayLinks>().AddSingleton<GatewayHandler>()
            .AddSingleton<GatewayAdmission>().AddSingleton<GatewayStateDriver>().AddSingleton<GatewayActions>()
            .AddSingleton<ILinkAdmission>(s => new AdmissionByKind(new Dictionary<NodeKind, ILinkAdmission>
            {
                [NodeKind.Site] = s.GetRequiredService<SiteAdmission>(), [NodeKind.Gateway] = s.GetRequiredService<GatewayAdmission>(),
            }));
        services.AddSingleton<CoordinatorBackup>().AddSingleton<BackupStore>();
        services.AddSingleton<RecoveryStore>().AddSingleton<IRecovery>(s => s.GetRequiredService<RecoveryStore>()).AddSingleton<RecoveryDesk>().AddSingleton<RecoveryDriver>();
        return services;
    }

    /// <summary>What the listener needs of this role.</summary>
    public static INodeServer NodeServer(IServiceProvider services) => services.GetRequiredService<CoordinatorNodeServer>();

    /// <summary>Every endpoint of the API.</summary>
    public static void MapCoordinator(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapApi();
        api.AddEndpointFilter(RecoveryEndpoints.GateAsync);
        api.MapSites();
        api.MapOutbox();
        api.MapInvitations();
        api.MapGatewayInvitations();
        api.MapGateways();
        api.MapTrust();
        api.MapCustomerKey();
        api.MapCommands();
        api.MapAudit();
        api.MapBackup();
        api.MapRecovery();
        api.MapHosts();
        api.MapRollups();
        api.MapAccess();
        endpoints.MapRoot();
    }

    /// <summary>Opens the federation, founding it at the first start. Before it nothing is served.</summary>
    public static Task OpenCoordinatorAsync(IServiceProvider services, CancellationToken cancellation) =>
        services.GetRequiredService<Federation>().OpenAsync(cancellation);

    /// <summary>Runs every loop of the coordinator until <paramref name="stop"/>; a loop that fails ends it.</summary>
    public static async Task RunCoordinatorAsync(IServiceProvider services, CancellationToken stop)
    {
        _ = services.GetRequiredService<CoordinatorMetrics>();
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] loops =
        [
            services.GetRequiredService<RenewalDriver>().RunAsync(any.Token),
            services.GetRequiredService<RotationDriver>().RunAsync(any.Token),
            services.GetRequiredService<DesiredStateDriver>().RunAsync(any.Token),
            services.GetRequiredService<GatewayStateDriver>().RunAsync(any.Token),
            services.GetRequiredService<CheckpointDriver>().RunAsync(any.Token),
            services.GetRequiredService<RollupRetentionDriver>().RunAsync(any.Token),
            services.GetRequiredService<ReconcileDriver>().RunAsync(any.Token),
            services.GetRequiredService<RecoveryDriver>().RunAsync(any.Token),
            services.RunCommandsAsync(any.Token),
        ];
        var first = await Task.WhenAny(loops);
        await any.CancelAsync();
        await first;
    }

    /// <summary>Says goodbye to every site, so that they come back at once instead of waiting for a missed heartbeat.</summary>
    public static Task StopCoordinatorAsync(IServiceProvider services) => services.GetRequiredService<CoordinatorNodeServer>().Acceptor.DrainAsync(
        LinkErrors.Of(ErrorCodes.LinkClosing, "The coordinator is stopping."), TimeSpan.FromSeconds(1));
}
