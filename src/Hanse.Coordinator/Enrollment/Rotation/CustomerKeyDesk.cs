using Hanse.Audit;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Text;
using Hanse.Trust.Joining;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>Rotation of the customer key (J3): the new key and its audit entry are one transaction; each site is told its derived keys with the next desired
/// state. One overlap at a time, but one without overlap, for a key that leaked, is always possible and ends both old ones.</summary>
internal sealed class CustomerKeyDesk(
    Federation federation, CustomerKeyStore store, SiteTrustStore told, ISites sites, IAuditLog audit, NodeServerOptions options)
{
    /// <summary>Null when done.</summary>
    public async Task<ProblemHttpResult?> RotateAsync(TimeSpan overlap, ActorContext actor, CancellationToken cancellation)
    {
        await using var connection = await options.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var now = options.Time.GetUtcNow();
        if (await store.LockAsync(transaction, cancellation) is { } until && until > now && overlap > TimeSpan.Zero)
        {
            return Problems.Conflict(ErrorCodes.CustomerKeyRotating,
                $"The key before the present one is valid until {until:u}. Rotate again after that, or end it now with an overlap of 0s.", "overlap");
        }

        await store.RotateAsync(transaction, federation.CreateCustomerKey(), overlap > TimeSpan.Zero ? now + overlap : null, cancellation);
        await sites.RaiseGenerationsAsync(transaction, cancellation);
        await audit.AppendAsync(
            connection, transaction,
            new AuditEvent("trust.customer-key.rotate", actor.ForAudit())
            {
                Outcome = "done", Detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["overlap"] = DurationText.Format(overlap) },
            },
            cancellation);
        await transaction.CommitAsync(cancellation);
        await federation.ReloadAsync(CancellationToken.None);
        return null;
    }

    public async Task<CustomerKeyView> ReadAsync(CancellationToken cancellation)
    {
        var (rows, reports) = (await sites.ListAsync(cancellation), await told.ListAsync(cancellation));
        var until = federation.PreviousCustomerKeyUntil;
        return new CustomerKeyView(
            federation.CustomerKeyMadeAt, until > options.Time.GetUtcNow() ? until : null,
            [
                .. rows.Where(r => r.Lifecycle is SiteLifecycle.Enrolled or SiteLifecycle.Suspended).Select(r =>
                {
                    var report = reports.GetValueOrDefault(r.SiteId);
                    var current = report?.Report.SiteKeyId.Span.SequenceEqual(SiteKey.IdOf(federation.SiteKeyFor(r.SiteId))) == true;
                    return new CustomerKeySiteView(r.Name, current, report?.At);
                }),
            ]);
    }
}

/// <summary>The customer key in use, and which sites hold it. Never the key.</summary>
internal sealed record CustomerKeyView(DateTimeOffset? MadeAt, DateTimeOffset? PreviousUntil, IReadOnlyList<CustomerKeySiteView> Sites);

/// <summary>Whether a site has told that it holds the present key.</summary>
internal sealed record CustomerKeySiteView(string Name, bool Current, DateTimeOffset? ReportedAt);
