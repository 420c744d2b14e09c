using Hanse.Audit;
using Hanse.Protocol.Links;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Npgsql;

namespace Hanse.Site.Enrollment;

/// <summary>Joins this site by a join string (J1, J2). The key is saved before it is used, so a join that broke off anywhere is simply
/// repeated and gets the same answer.</summary>
internal sealed class SiteJoiner(SiteIdentity identity, JoinPreflight preflight, SiteOptions options, IAuditLog audit, NpgsqlDataSource database, TimeProvider time)
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Looks first (<see cref="JoinPreflight"/>), then joins unless a check failed.</summary>
    /// <returns>Every check; and null when the site has joined, otherwise why it could not, with nothing changed.</returns>
    public async Task<(IReadOnlyList<JoinFinding> Findings, JoinRefusal? Refusal)> JoinAsync(
        string joinString, string actor, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var (findings, invitation) = await preflight.LookAsync(joinString, cancellation);
            if (findings.FirstOrDefault(f => f.Outcome == JoinFinding.FailedOutcome) is { } failed)
            {
                return (findings, new JoinRefusal(failed.Code!, $"{failed.Advice} (check: {failed.Name})", failed.Retryable));
            }

            var refusal = await RedeemAsync(invitation!, cancellation);
            if (refusal is null)
            {
                await NoteAsync(actor, cancellation);
            }

            return (findings, refusal);
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task<IReadOnlyList<JoinFinding>> CheckAsync(string joinString, CancellationToken cancellation) =>
        (await preflight.LookAsync(joinString, cancellation)).Findings;

    /// <summary>The first entry of the site's own log.</summary>
    private async Task NoteAsync(string actor, CancellationToken cancellation)
    {
        var self = identity.Self!;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var detail = new Dictionary<string, string> { ["name"] = self.Name, ["federation"] = self.Federation.ToString() };
        await audit.AppendAsync(
            connection, transaction, new AuditEvent("site.join", new AuditActor(actor)) { Site = self.Id, Outcome = "done", Detail = detail }, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private async Task<JoinRefusal?> RedeemAsync(JoinInvitation invitation, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.IdentityFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var key = NodeKey.LoadOrGenerate(identity.FilePath("joining.key"));
        var description = new SiteDescription(SiteModule.Version, Capabilities.OfLink);
        switch (await new JoinClient(time).JoinSiteAsync(invitation, key, description, cancellation))
        {
            case SiteJoinOutcome.Joined joined:
                await identity.CompleteJoinAsync(joined, key, cancellation);
                File.Delete(identity.FilePath("joining.key"));
                return null;
            case SiteJoinOutcome.Refused refused:
                return refused.Refusal;
            default:
                throw new InvalidOperationException("An outcome of joining is not handled.");
        }
    }
}
