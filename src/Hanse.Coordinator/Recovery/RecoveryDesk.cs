using System.Security.Cryptography.X509Certificates;
using Hanse.Audit;
using Hanse.Audit.Witnessing;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Hanse.Coordinator.Recovery;

/// <summary>What an administrator decides in a recovery (U5): which unknown sites are taken back, and when work is accepted again. Each is one transaction
/// with its audit entry.</summary>
internal sealed class RecoveryDesk(
    RecoveryStore store, AuditStandings standings, IFederation federation, IBans bans, IAuditLog audit, NpgsqlDataSource database, TimeProvider time)
{
    public async Task<RecoveryView?> ShowAsync(CancellationToken cancellation)
    {
        if (await store.FindAsync(cancellation) is not { } state)
        {
            return null;
        }

        var sites = await store.SitesAsync(cancellation);
        var missing = new List<string>();
        if (state.KeysOnly)
        {
            missing.Add("Everything but the keys: accounts, tokens, invitations, tags set at the coordinator, commands that no site holds records of, the audit log.");
        }
        else
        {
            missing.Add($"What was done at the coordinator alone after {state.BackupCreatedAt:u}: accounts, tokens, invitations, tags, commands no site had taken.");
        }

        missing.AddRange(sites.Where(s => s is { Known: true, ReportedAt: null }).Select(s => $"Site {s.Name} has not come back: its hosts and results are as the backup has them."));
        missing.AddRange(sites.Where(s => s.LostRecords > 0).Select(s => $"Site {s.Name}: {s.LostRecords} records from before are held by nobody any more."));
        missing.AddRange((await standings.ReadAsync(cancellation)).Problems(identity => identity));
        if (await store.OpenExecutionsAsync(cancellation) is > 0 and var open)
        {
            missing.Add($"{open} executions have no outcome yet; those that get none by their deadline end as unknown.");
        }

        return new(
            federation.IsRecovering, state.RestoredAt, state.BackupCreatedAt, state.KeysOnly, state.FinishedAt, state.FinishedBy,
            [.. sites.Select(s => new RecoverySiteView(IdText.Format(s.Id), s.Name, StateOf(s), s.ReportedAt, s.LostRecords))], missing);
    }

    public Task<ProblemHttpResult?> AcceptAsync(string id, string name, ActorContext actor, CancellationToken cancellation) =>
        DecideAsync(id, name, actor, cancellation);

    public Task<ProblemHttpResult?> RejectAsync(string id, ActorContext actor, CancellationToken cancellation) => DecideAsync(id, null, actor, cancellation);

    /// <param name="actor">Who ends it.</param>
    /// <param name="force">Although sites wait for a decision or contradict the audit log.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public async Task<ProblemHttpResult?> FinishAsync(ActorContext actor, bool force, CancellationToken cancellation)
    {
        if (!federation.IsRecovering)
        {
            return Problems.Conflict(ErrorCodes.RecoveryUndecided, "There is no recovery to finish.");
        }

        var undecided = (await store.SitesAsync(cancellation)).Count(s => !s.Known && s.Accepted is null);
        var contradicted = (await standings.ReadAsync(cancellation)).Problems(identity => identity).Count;
        if (!force && undecided + contradicted > 0)
        {
            return Problems.Conflict(
                ErrorCodes.RecoveryUndecided,
                $"{undecided} unknown sites wait for a decision (hanse recovery accept|reject), and {contradicted} nodes contradict the audit log (hanse audit recover). Settle that, or say --force.");
        }

        var view = (await ShowAsync(cancellation))!;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await RecoveryStore.FinishAsync(transaction, actor.Account, time.GetUtcNow(), cancellation);
        var detail = view.Missing.Select((text, i) => ($"missing{i + 1}", text)).ToDictionary(m => m.Item1, m => m.text);
        await audit.AppendAsync(connection, transaction, new AuditEvent("recovery.finish", actor.ForAudit()) { Outcome = "done", Detail = detail }, cancellation);
        await transaction.CommitAsync(cancellation);
        federation.EndRecovery();
        return null;
    }

    private async Task<ProblemHttpResult?> DecideAsync(string id, string? name, ActorContext actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!SiteId.TryParse(id, out var site) || await RecoveryStore.LockUndecidedAsync(transaction, site, cancellation) is not { } intermediate)
        {
            return Problems.NotFound(ErrorCodes.SiteNotFound, "No site of this id waits for a decision. `hanse recovery show` lists those that do.", "site");
        }

        var now = time.GetUtcNow();
        Hanse.Trust.Verification.Revocations? issued = null;
        if (name is not null)
        {
            using var certificate = X509CertificateLoader.LoadCertificate(intermediate);
            if (!await RecoveryStore.AcceptAsync(transaction, site, name, actor.Account, certificate.NotAfter.ToUniversalTime(), now, cancellation))
            {
                return Problems.Conflict(ErrorCodes.NameTaken, $"Another site is called {name}. Choose another name.", "name");
            }

            await federation.RememberAsync(transaction, site, intermediate, cancellation);
        }
        else
        {
            await RecoveryStore.DecideAsync(transaction, site, false, actor.Account, now, cancellation);
            await bans.AddSiteAsync(transaction, site, actor.Account, "rejected in a recovery", cancellation);
            issued = await bans.IssueAsync(transaction, cancellation);
        }

        var entry = new AuditEvent(name is null ? "recovery.reject" : "recovery.accept", actor.ForAudit()) { Site = site, Outcome = "done" };
        await audit.AppendAsync(connection, transaction, entry, cancellation);
        await transaction.CommitAsync(cancellation);
        if (issued is not null)
        {
            bans.Enforce(issued);
        }

        return null;
    }

    private static string StateOf(RecoverySite site) => site switch
    {
        { Known: false, Accepted: null } => "unknown",
        { Accepted: false } => "rejected",
        { ReportedAt: not null } => "recovered",
        _ => "awaited",
    };
}

/// <summary>How a recovery stands, and what it could not bring back.</summary>
internal sealed record RecoveryView(
    bool Active, DateTimeOffset RestoredAt, DateTimeOffset BackupCreatedAt, bool KeysOnly, DateTimeOffset? FinishedAt, string? FinishedBy,
    IReadOnlyList<RecoverySiteView> Sites, IReadOnlyList<string> Missing);

/// <summary>One site: awaited, recovered, unknown (waits for a decision) or rejected.</summary>
internal sealed record RecoverySiteView(string Id, string? Name, string State, DateTimeOffset? ReportedAt, long LostRecords);
