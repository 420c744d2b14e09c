using Hanse.Audit;
using Microsoft.Extensions.DependencyInjection;

namespace Hanse.Coordinator.Audit;

/// <summary>What the audit slice adds to the process.</summary>
internal static class AuditSlice
{
    /// <summary>Needs NpgsqlDataSource and TimeProvider.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton<IAuditLog, AuditLog>()
        .AddSingleton<AuditStore>()
        .AddSingleton<AuditVerifier>();
}
