using Google.Protobuf;
using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Witnessing;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Hanse.Coordinator.Audit;

/// <summary>Has a restored site's own log go on (A4): the site is given the newest checkpoint that the coordinator holds of it, signed by the site itself, and
/// begins a new log if the one it has does not go on from there. Who asked for it is in both logs.</summary>
internal sealed class SiteLogRecovery(
    NpgsqlDataSource database, WitnessStore witnesses, CheckpointStore checkpoints, ISiteChannel channel, IFederation federation, IAuditLog audit)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    public async Task<(AuditRecovered? Recovered, ProblemHttpResult? Problem)> RecoverAsync(
        SiteRow site, AuditActor actor, string reason, CancellationToken cancellation)
    {
        if (await witnesses.HeldAsync(NodeIdentity.ForSite(federation.Id, site.SiteId).ToString(), cancellation) is not { } held
            || !SignedCheckpoint.TryParse(held.Note, out var note))
        {
            return (null, Sound(site));
        }

        var request = new SiteLogRecover { Note = held.Note, Actor = actor.Name, Account = actor.Account ?? "", Reason = reason };
        request.Certificates.AddRange((await checkpoints.CertificatesAsync(cancellation)).ToDer().Select(ByteString.CopyFrom));
        var entry = new AuditEvent("audit.recover-site", actor) { Site = site.SiteId, Reason = reason };
        await audit.AppendAsync(database, entry, cancellation);
        var reply = await channel.RequestAsync<SiteLogRecovered>(site.SiteId, Method.SiteLogRecover, request, AnswerTime, cancellation);
        await audit.AppendAsync(database, entry with { Operation = entry.Operation + ".outcome", Outcome = reply.Failure?.Code ?? "succeeded" }, CancellationToken.None);
        return reply switch
        {
            { Failure: { } failure } => (null, Problem(site, failure)),
            { Value: { PreviousLog.Length: > 0 } done } => (
                new(done.PreviousLog, held.Size, note.Checkpoint.Time, (long)done.KeptEntries, (long)done.LostEntries, 1, [NodeIdentity.ForCoordinator(federation.Id).ToString()], []), null),
            _ => (null, Sound(site)),
        };
    }

    private static ProblemHttpResult Sound(SiteRow site) => Problems.Conflict(
        ErrorCodes.AuditSound, $"The log of {site.Name} goes on from all that was seen of it, so there is nothing to recover. `hanse audit witnesses` shows what is held.");

    private static ProblemHttpResult Problem(SiteRow site, SiteFailure failure) => failure.Code switch
    {
        ErrorCodes.SiteOffline => Problems.Unavailable(failure.Code, $"{site.Name} is not connected. Nothing was done; try again when `hanse site show {site.Name}` says online."),
        ErrorCodes.SiteTimeout => Problems.TimedOut(failure.Code, $"{site.Name} did not answer in {AnswerTime.TotalSeconds:0} s. Try again; a repetition does no harm."),
        _ => Problems.SiteRefused(failure.Code, $"{site.Name} refused: {failure.Message}"),
    };
}
