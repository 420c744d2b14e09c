using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Witnessing;
using Microsoft.Extensions.DependencyInjection;

namespace Hanse.Coordinator.Audit;

/// <summary>What the audit slice adds to the process.</summary>
internal static class AuditSlice
{
    /// <summary>Needs NpgsqlDataSource, TimeProvider and <see cref="IAuditIdentity"/>.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddAuditLog()
        .AddSingleton<IAuditAlarm, AuditAlarm>()
        .AddSingleton<AuditNames>()
        .AddSingleton<AuditRecovery>().AddSingleton<SiteLogRecovery>()
        .AddSingleton<CheckpointDriver>();
}
