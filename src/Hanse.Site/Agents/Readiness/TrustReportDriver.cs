using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Uplink.Api;
using Hanse.Trust.Keys;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Agents.Readiness;

/// <summary>Tells the coordinator what this site and its agents trust, and until when whom it can serve (T4): when a link comes up, soon after
/// something changed, and now and then, for last-seen times and ends go stale. A report that did not arrive is made anew for the next try.</summary>
internal sealed partial class TrustReportDriver(
    ISiteIdentity identity, AgentTrustStore store, IAgentChannel agents, ICoordinatorChannel coordinator, SiteOptions options, TimeProvider time,
    ILogger<TrustReportDriver> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(15);

    // Many confirmations are one report.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);
    private readonly Signal _signal = new();

    /// <summary>Something that a report tells has changed.</summary>
    public void Changed() => _signal.Set();

    public async Task RunAsync(CancellationToken cancellation)
    {
        await identity.JoinedAsync(cancellation);
        identity.KeysChanged += Changed;
        coordinator.Opened += Changed;
        try
        {
            while (true)
            {
                var told = await TellAsync(cancellation);
                await Task.Delay(Pause, time, cancellation);
                await _signal.WaitAsync(told ? Interval : Retry, time, cancellation);
            }
        }
        finally
        {
            identity.KeysChanged -= Changed;
            coordinator.Opened -= Changed;
        }
    }

    private async Task<bool> TellAsync(CancellationToken cancellation)
    {
        try
        {
            return coordinator.IsOpen && await coordinator.AskAsync<Empty>(Method.TrustReport, await CreateAsync(cancellation), AnswerTime, cancellation) is { Succeeded: true };
        }
        catch (NpgsqlException away)
        {
            LogDatabase(away.Message);
            return false;
        }
    }

    private async Task<TrustReport> CreateAsync(CancellationToken cancellation)
    {
        var (trust, intermediate, now) = (identity.Trust.Value, identity.Intermediate, time.GetUtcNow());
        var report = new TrustReport
        {
            IssuingRoot = trust.RootOf(intermediate) is { } root ? Google.Protobuf.ByteString.CopyFrom(SpkiHash.Of(root).ToBytes()) : Google.Protobuf.ByteString.Empty,
            RevocationsNumber = trust.Revocations.Number, RevocationsIncarnation = trust.Revocations.IncarnationNumber,
            IntermediateBeginsUnixS = new DateTimeOffset(intermediate.NotBefore).ToUnixTimeSeconds(),
            IntermediateExpiresUnixS = new DateTimeOffset(intermediate.NotAfter).ToUnixTimeSeconds(),
            SiteKeyId = Google.Protobuf.ByteString.CopyFrom(identity.SiteKeyId), RenewalError = identity.RenewalError ?? "",
        };
        report.Roots.AddRange(trust.Roots.Select(r => Google.Protobuf.ByteString.CopyFrom(SpkiHash.Of(r).ToBytes())));
        var question = new TrustQuestion(trust.RootSetId, SpkiHash.Of(trust.Roots[0]).ToBytes(), now - options.Lifetimes.ReturnWindow, now);
        await store.DescribeAsync(report, question, agents.Online.ToHashSet(), cancellation);
        return report;
    }

    [LoggerMessage(1, LogLevel.Warning, "What this site trusts cannot be told: {Why}")]
    private partial void LogDatabase(string why);
}
