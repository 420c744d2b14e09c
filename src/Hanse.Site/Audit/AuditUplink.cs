using Google.Protobuf;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Witnessing;
using Hanse.Link;
using Hanse.Protocol.Messages;
using Hanse.Site.Audit.Api;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Audit;

/// <summary>See <see cref="IAuditUplink"/>. The site's newest checkpoint is shown when the link comes up and every few seconds while its log grows; a
/// coordinator that contradicts it is asked again at each round.</summary>
internal sealed partial class AuditUplink(
    AuditPresenter presenter, AuditWitness witness, WitnessStore held, CheckpointStore checkpoints, OwnLogRecovery recovery, TimeProvider time,
    ILogger<AuditUplink> logger) : IAuditUplink
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);
    private volatile NodeLink? _link;

    public void LinkOpened(NodeLink link)
    {
        _link = link;
        presenter.Forget(link.PeerIdentity);
        _ = ShowAsync(link);
    }

    public Task<AuditCosigned> CosignAsync(NodeLink link, AuditCosign question, CancellationToken cancellation) =>
        witness.CosignAsync(link.PeerIdentity, question, cancellation);

    public async Task<AuditHeld> HeldAsync(NodeLink link, CancellationToken cancellation)
    {
        var answer = new AuditHeld();
        if (await held.HeldAsync(link.PeerIdentity.ToString(), cancellation) is { } newest)
        {
            answer.Note = newest.Note;
            answer.Certificates.AddRange((await checkpoints.CertificatesAsync(cancellation)).ToDer().Select(ByteString.CopyFrom));
        }

        return answer;
    }

    public Task<SiteLogRecovered> RecoverAsync(SiteLogRecover request, CancellationToken cancellation) => recovery.RecoverAsync(request, cancellation);

    /// <summary>Shows the log as it is now to the coordinator, if there is a link; before somebody is told how it stands.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        try
        {
            if (_link is { } link && !link.Ended.IsCancellationRequested)
            {
                await ShowOnceAsync(link, cancellation);
            }
        }
        catch (LinkException gone)
        {
            LogNotShown(gone.Message);
        }
    }

    private async Task ShowAsync(NodeLink link)
    {
        try
        {
            string? told = null;
            while (true)
            {
                var problem = await ShowOnceAsync(link, link.Ended);
                if (problem is not null)
                {
                    presenter.Forget(link.PeerIdentity);
                    told = told == problem ? told : Tell(problem);
                }

                await Task.Delay(Interval, time, link.Ended);
            }
        }
        catch (Exception gone) when (gone is LinkException or OperationCanceledException)
        {
            // The link ended; the next one begins anew.
        }
        catch (NpgsqlException away)
        {
            LogNotShown(away.Message);
        }
        catch (Exception fault) // nobody awaits this
        {
            LogFault(fault);
        }
    }

    private Task<string?> ShowOnceAsync(NodeLink link, CancellationToken cancellation) => presenter.PresentAsync(
        link.PeerIdentity,
        async (question, stop) => (await link.RequestAsync<AuditCosigned>(Method.SiteAuditCosign, question, AnswerTime, stop)).Value, cancellation);

    private string Tell(string problem)
    {
        LogContradicted(problem);
        return problem;
    }

    [LoggerMessage(1, LogLevel.Warning, "Checkpoints of the site's audit log are not shown to the coordinator: {Why}")]
    private partial void LogNotShown(string why);

    [LoggerMessage(2, LogLevel.Error, "The coordinator does not cosign the site's audit log: {Why}")]
    private partial void LogContradicted(string why);

    [LoggerMessage(3, LogLevel.Error, "Showing checkpoints of the site's audit log failed")]
    private partial void LogFault(Exception fault);
}
