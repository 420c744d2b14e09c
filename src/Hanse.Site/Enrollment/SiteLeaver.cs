using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Site.Uplink.Api;
using Hanse.Trust.Keys;
using Microsoft.Extensions.Logging;

namespace Hanse.Site.Enrollment;

/// <summary>Takes this site out of its federation for good: (1) what must still be told is told; (2) the coordinator removes the site, audited
/// there; (3) a mark says so durably; (4) the site's loops end; (5) tables and identity are erased. Before 3 nothing is changed here, and
/// whoever asks again gets on, since a coordinator that removed the site refuses its link as banned. After 3 a restart goes on at 5.</summary>
internal sealed partial class SiteLeaver(
    SiteIdentity identity, SiteStore store, IUplinkStatus uplink, ICoordinatorChannel coordinator, SiteOptions options, TimeProvider time, ILogger<SiteLeaver> logger)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _one = new(1, 1);

    private string Mark => Path.Combine(options.DataFolder, "left");

    public bool HasLeft => _left.Task.IsCompleted;

    /// <summary>Completes when the site has left and its loops must end.</summary>
    public Task RunAsync(CancellationToken cancellation) => _left.Task.WaitAsync(cancellation);

    /// <param name="actor">Who wishes it.</param>
    /// <param name="reason">For the coordinator's audit log.</param>
    /// <param name="force">Leave even if the coordinator cannot be told, or something has not reached it.</param>
    /// <param name="cancellation">Ends the attempt; nothing is changed here then.</param>
    /// <returns>Whether the coordinator knows, or why nothing was done.</returns>
    public async Task<(bool Told, Error? Refusal)> LeaveAsync(string actor, string reason, bool force, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            if (identity.Self is null || HasLeft)
            {
                return (false, LinkErrors.Of(ErrorCodes.NotJoined, "This site belongs to no federation, so there is nothing to leave."));
            }

            // 1, 2
            var refusal = IsOut() ? null : await WaitingAsync(force, cancellation) ?? await TellAsync(actor, reason, cancellation);
            if (refusal is not null && !force)
            {
                return (false, refusal);
            }

            // 3
            LogLeaving(identity.Self.Name, actor, refusal is null ? "the coordinator has removed it" : $"the coordinator does not know: {refusal.Message}");
            AtomicFile.Write(Mark, System.Text.Encoding.UTF8.GetBytes($"{identity.Self.Id} {actor}\n"));
            _left.TrySetResult();
            return (refusal is null, null);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>5. Repeating it changes nothing.</summary>
    public async Task EraseAsync(CancellationToken cancellation)
    {
        var name = identity.Self?.Name ?? "";
        identity.Close();
        await store.EraseAsync(cancellation);
        if (Directory.Exists(options.IdentityFolder))
        {
            Directory.Delete(options.IdentityFolder, recursive: true);
        }

        File.Delete(Mark);
        LogErased(name);
    }

    /// <summary>Finishes what a crash interrupted after 3.</summary>
    public Task ResumeAsync(CancellationToken cancellation) => File.Exists(Mark) ? EraseAsync(cancellation) : Task.CompletedTask;

    /// <summary>The coordinator's own word, over a link that proved who it is.</summary>
    private bool IsOut() => uplink.Link is { Health: LinkHealth.Offline, LastError.Code: ErrorCodes.Banned or ErrorCodes.Unknown };

    private async Task<Error?> WaitingAsync(bool force, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!force && uplink.Link is { Health: not LinkHealth.Offline })
        {
            var waiting = (await uplink.DepthAsync(cancellation)).Of(OutboxClass.Record).Waiting;
            if (waiting == 0)
            {
                return null;
            }

            if (time.GetElapsedTime(began) > DrainTime)
            {
                return LinkErrors.Of(
                    ErrorCodes.OutboxWaiting,
                    $"{waiting} outcomes and other records have not reached the coordinator and would be lost. Nothing was changed. Wait until `hanse outbox list` shows none, or say --force.");
            }

            await Task.Delay(Look, time, cancellation);
        }

        return null;
    }

    private async Task<Error?> TellAsync(string actor, string reason, CancellationToken cancellation)
    {
        var answer = await coordinator.AskAsync<Empty>(Method.SiteLeave, new SiteLeave { Actor = actor, Reason = reason }, AnswerTime, cancellation);
        if (answer is { Succeeded: true } or { Error.Code: ErrorCodes.SiteNotEnrolled or ErrorCodes.SiteNotFound })
        {
            return null;
        }

        if (answer is { Error: { } refused })
        {
            return refused;
        }

        // The link may have ended because the site is out: the next try says so.
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < AnswerTime && uplink.Link is { LastError: null or { Code: ErrorCodes.LinkClosing or ErrorCodes.LinkBroken } })
        {
            await Task.Delay(Look, time, cancellation);
        }

        return IsOut() ? null : LinkErrors.Of(
            ErrorCodes.CoordinatorUnreachable,
            "The coordinator cannot be reached, so it would not know. Nothing was changed. Try again when the link is up; or run `hanse site remove` at the coordinator, "
            + "then leave here; or say --force to leave without its knowledge.");
    }

    [LoggerMessage(1, LogLevel.Warning, "Site {Name} leaves its federation, as {Actor} wished; {Told}")]
    private partial void LogLeaving(string name, string actor, string told);

    [LoggerMessage(2, LogLevel.Warning, "Site {Name} has left its federation: its tables and keys are erased. Started again, it waits for a join string")]
    private partial void LogErased(string name);
}
