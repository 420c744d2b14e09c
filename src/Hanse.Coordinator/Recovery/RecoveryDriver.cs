using System.Threading.Channels;
using Google.Protobuf;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Verification;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Coordinator.Recovery;

/// <summary>Asks each site of a restored coordinator what it holds (U5), as soon as its link is up: (1) bans on its list that are not known here are taken over, signed by
/// this federation's coordinator in an earlier life; (2) names that the registry lost are filled in; (3) what nobody holds any more is noted; (4) the next list
/// of bans is issued in this life. Directory, rollups and records come by themselves: the site sees that this is another life. A site that
/// could not be asked is asked again while its link lives; asking twice changes nothing.</summary>
internal sealed partial class RecoveryDriver(
    ISiteChannel channel, IFederation federation, IBans bans, ISites sites, NpgsqlDataSource database, TimeProvider time, ILogger<RecoveryDriver> logger)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private readonly Channel<SiteId> _due = Channel.CreateUnbounded<SiteId>();

    public async Task RunAsync(CancellationToken cancellation)
    {
        channel.CameOnline += Due;
        try
        {
            var due = new HashSet<SiteId>();
            while (true)
            {
                await NextAsync(due.Count > 0, cancellation);
                while (_due.Reader.TryRead(out var site))
                {
                    due.Add(site);
                }

                foreach (var site in due.ToList())
                {
                    if (!federation.IsRecovering || !channel.Connected.Contains(site) || await TryAsync(site, cancellation))
                    {
                        due.Remove(site);
                    }
                }
            }
        }
        finally
        {
            channel.CameOnline -= Due;
        }
    }

    private void Due(SiteId site) => _due.Writer.TryWrite(site);

    // A link that came up, or the pause of those that could not be asked.
    private async Task NextAsync(bool anyFailed, CancellationToken cancellation)
    {
        using var pause = new CancellationTokenSource(anyFailed ? Pause : Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, cancellation);
        try
        {
            await _due.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The pause is over.
        }
    }

    /// <returns>False if the site is to be asked again.</returns>
    private async Task<bool> TryAsync(SiteId site, CancellationToken cancellation)
    {
        try
        {
            var reply = await channel.RequestAsync<SiteRecovery>(site, Method.SiteRecovery, new SiteRecoveryQuery(), AnswerTime, cancellation);
            if (reply.Value is { } told)
            {
                await TakeAsync(site, told, cancellation);
                return true;
            }

            LogNotTold(site, reply.Failure!.Message);
        }
        catch (Exception away) when (away is NpgsqlException or InvalidProtocolBufferException)
        {
            LogNotTold(site, away.Message);
        }

        return false;
    }

    private async Task TakeAsync(SiteId site, SiteRecovery told, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);

        // 1
        var held = told.Revocations.IsEmpty ? null : RevocationSignature.Verify(SignedRevocations.Parser.ParseFrom(told.Revocations), federation.Anchors);
        if (held is not null)
        {
            await RecoveryStore.BanAsync(transaction, RevocationList.Parser.ParseFrom(held.Signed!.List), time.GetUtcNow(), cancellation);
        }

        // 2, 3
        await RecoveryStore.ReportAsync(transaction, site, told, time.GetUtcNow(), cancellation);

        // 4
        var issued = held is null ? null : await bans.IssueAsync(transaction, cancellation);
        await sites.RaiseGenerationsAsync(transaction, cancellation);
        await transaction.CommitAsync(cancellation);
        if (issued is not null)
        {
            bans.Enforce(issued);
        }

        LogTold(site, told.FirstKept, told.LastGiven);
    }

    [LoggerMessage(1, LogLevel.Warning, "Site {Site} could not be asked what it holds: {Why}")]
    private partial void LogNotTold(SiteId site, string why);

    [LoggerMessage(2, LogLevel.Information, "Site {Site} has told what it holds: its records {First} to {Last}")]
    private partial void LogTold(SiteId site, ulong first, ulong last);
}
