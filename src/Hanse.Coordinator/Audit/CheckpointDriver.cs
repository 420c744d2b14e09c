using System.Collections.Concurrent;
using Hanse.Audit.Witnessing;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Audit;

/// <summary>Shows each connected site the newest checkpoint of the log, every few seconds while the log grows and whenever its link comes up (A3). What a
/// site has cosigned is not shown again; a site that contradicts is asked at each round, until it no longer does.</summary>
internal sealed partial class CheckpointDriver(
    AuditPresenter presenter, ISiteChannel channel, IFederation federation, TimeProvider time, ILogger<CheckpointDriver> logger)
{
    private const int AtOnce = 16;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly ConcurrentDictionary<SiteId, bool> _contradicting = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        channel.CameOnline += OnOnline;
        try
        {
            while (true)
            {
                try
                {
                    await RoundAsync(cancellation);
                }
                catch (NpgsqlException away)
                {
                    LogNotShown(away.Message);
                }

                await WaitAsync(cancellation);
            }
        }
        finally
        {
            channel.CameOnline -= OnOnline;
        }
    }

    /// <summary>Asks every connected site that has not cosigned the log as it is now; returns when all have answered or their time is up.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            await Parallel.ForEachAsync(
                channel.Connected, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
                async (site, stop) => await ShowAsync(site, stop));
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task ShowAsync(SiteId site, CancellationToken cancellation)
    {
        var witness = NodeIdentity.ForSite(federation.Id, site);
        if (_contradicting.ContainsKey(site))
        {
            presenter.Forget(witness);
        }

        var problem = await presenter.PresentAsync(
            witness, async (question, stop) => (await channel.RequestAsync<AuditCosigned>(site, Method.AuditCosign, question, AnswerTime, stop)).Value, cancellation);
        if (problem is null)
        {
            _contradicting.TryRemove(site, out _);
        }
        else if (_contradicting.TryAdd(site, true))
        {
            LogContradicted(site, problem);
        }
    }

    private void OnOnline(SiteId site)
    {
        presenter.Forget(NodeIdentity.ForSite(federation.Id, site));
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already: one look serves all.
        }
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(_wake.WaitAsync(either.Token), Task.Delay(Interval, time, either.Token));
        await either.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    [LoggerMessage(1, LogLevel.Warning, "Checkpoints of the audit log are not shown to sites: {Why}")]
    private partial void LogNotShown(string why);

    [LoggerMessage(2, LogLevel.Error, "Site {Site} does not cosign the audit log: {Why}")]
    private partial void LogContradicted(SiteId site, string why);
}
