using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Witnessing;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Audit;

/// <summary>Lets the coordinator's log go on after a loss (A4): every site is asked for the newest checkpoint that it holds, and the log is ended where it does
/// not go on from one of them. The sites are then shown the new log; they keep both and show the break for good.</summary>
internal sealed class AuditRecovery(LogRecovery log, ISites sites, ISiteChannel channel, IFederation federation, IAuditIdentity identity)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    public async Task<Result> RecoverAsync(AuditActor actor, string reason, CancellationToken cancellation)
    {
        var held = new List<(SiteId Site, Checkpoint Checkpoint)>();
        var (asked, silent) = (0, new List<string>());
        foreach (var site in (await sites.ListAsync(cancellation)).Where(s => s.Lifecycle is SiteLifecycle.Enrolled or SiteLifecycle.Suspended))
        {
            var reply = await channel.RequestAsync<AuditHeld>(site.SiteId, Method.AuditHeld, new AuditHeldQuery(), AnswerTime, cancellation);
            if (reply.Value is not { } answer)
            {
                silent.Add(site.Name);
                continue;
            }

            asked++;
            if (Verified(answer) is { } checkpoint)
            {
                held.Add((site.SiteId, checkpoint));
            }
        }

        var done = await log.RecoverAsync([.. held.Select(h => h.Checkpoint)], actor, reason, cancellation);
        return new(asked, silent, done is null ? null : AuditRecovered.Of(
            done, asked, [.. held.Where(h => done.Contradicted.Contains(h.Checkpoint)).Select(h => h.Site.ToString())], silent));
    }

    private Checkpoint? Verified(AuditHeld answer) => NoteSigner.OfOwner(
        answer.Note, NodeIdentity.ForCoordinator(federation.Id), SignerCertificates.OfDer(answer.Certificates.Select(c => c.ToByteArray())), identity.Trust.Roots);

    /// <param name="Asked">How many sites answered.</param>
    /// <param name="Silent">The names of those that did not.</param>
    /// <param name="Recovered">Null when the log goes on from what every site that answered holds: nothing was changed.</param>
    internal sealed record Result(int Asked, IReadOnlyList<string> Silent, AuditRecovered? Recovered);
}

/// <summary>How a log went on after a loss.</summary>
/// <param name="PreviousLog">The log that ended.</param>
/// <param name="HeldEntries">How many entries of it its witnesses have seen.</param>
/// <param name="HeldAt">When the last of these checkpoints was signed.</param>
/// <param name="KeptEntries">How many of them the database has, as far as cosigned checkpoints show.</param>
/// <param name="LostEntries">How many are lost, or not shown to be kept.</param>
/// <param name="Asked">How many witnesses answered.</param>
/// <param name="Contradicted">Which of them hold what the old log does not go on from.</param>
/// <param name="Silent">The names of sites that did not answer.</param>
internal sealed record AuditRecovered(
    string PreviousLog, long HeldEntries, DateTimeOffset HeldAt, long KeptEntries, long LostEntries, int Asked, IReadOnlyList<string> Contradicted, IReadOnlyList<string> Silent)
{
    public static AuditRecovered Of(LogRecovered done, int asked, IReadOnlyList<string> contradicted, IReadOnlyList<string> silent) => new(
        IdText.Format(done.Entry.Previous), done.Entry.Held!.Size, done.Entry.Held.Time, done.Entry.KeptEntries, done.Entry.Lost, asked, contradicted, silent);
}
