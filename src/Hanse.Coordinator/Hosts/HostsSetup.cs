using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Hosts.Reconciling;
using Hanse.Coordinator.Hosts.Search;
using Hanse.Coordinator.Sites.Api;
using Microsoft.Extensions.DependencyInjection;

namespace Hanse.Coordinator.Hosts;

/// <summary>What the slice offers. It needs an <c>NpgsqlDataSource</c>, a <c>TimeProvider</c>, <c>ISiteChannel</c> and <c>IAuditLog</c>.</summary>
internal static class HostsSetup
{
    public static IServiceCollection AddHosts(this IServiceCollection services)
    {
        services.AddSingleton(new HostSearchOptions());
        services.AddSingleton<HostSearch>();
        services.AddSingleton<HostDetailProxy>();
        services.AddSingleton<HostActions>();
        services.AddSingleton<IHostLookup, HostLookup>();
        services.AddSingleton<IHostMoves, HostMoveStore>();
        services.AddSingleton<ReconciliationStore>().AddSingleton<IReconciliations>(s => s.GetRequiredService<ReconciliationStore>());
        services.AddSingleton<ISiteRemovalObserver>(s => s.GetRequiredService<ReconciliationStore>());
        services.AddSingleton<ReconcileMetrics>().AddSingleton<HostReconciler>().AddSingleton<ReconcileActions>().AddSingleton<ReconcileDriver>();
        services.AddSingleton<HostDirectoryStore>();
        services.AddSingleton<IHostDirectory>(s => s.GetRequiredService<HostDirectoryStore>());
        services.AddSingleton<ISiteRemovalObserver>(s => s.GetRequiredService<HostDirectoryStore>());
        return services;
    }
}
