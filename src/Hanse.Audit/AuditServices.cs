using Hanse.Audit.Checkpoints;
using Hanse.Audit.Exports;
using Hanse.Audit.Proofs;
using Hanse.Audit.Witnessing;
using Microsoft.Extensions.DependencyInjection;

namespace Hanse.Audit;

/// <summary>The audit log of a role. It needs of the role its NpgsqlDataSource with the tables <c>audit_…</c>, TimeProvider,
/// <see cref="IAuditIdentity"/> and <see cref="IAuditAlarm"/>.</summary>
public static class AuditServices
{
    public static IServiceCollection AddAuditLog(this IServiceCollection services) => services
        .AddSingleton<IAuditLog, AuditLog>().AddSingleton<AuditStore>().AddSingleton<AuditVerifier>()
        .AddSingleton<CheckpointStore>().AddSingleton<CheckpointSigner>()
        .AddSingleton<AuditProver>().AddSingleton<AuditProofs>()
        .AddSingleton<WitnessStore>().AddSingleton<AuditWitness>().AddSingleton<AuditPresenter>().AddSingleton<AuditStandings>().AddSingleton<AuditCheck>().AddSingleton<LogRecovery>()
        .AddSingleton<AuditExport>().AddSingleton<AuditCsv>();
}
