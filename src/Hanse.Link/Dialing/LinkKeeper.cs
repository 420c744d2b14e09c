using Hanse.Protocol.Messages;

namespace Hanse.Link.Dialing;

/// <summary>One try to get a link.</summary>
public delegate Task<DialResult> LinkDial(CancellationToken cancellation);

/// <summary>
/// Keeps one link to a server for as long as it runs: dial, run the link to its end, wait with full jitter, dial again (L5). One try is
/// in flight at a time; a <c>retry-after</c> of the server is honoured; a refusal the client calls final stops it. Started by the node's
/// composition root; the node's own work on a link starts in <see cref="ILinkHandler.OnOpened"/>. <c>targets</c> is asked before each
/// try, so that new addresses take effect without a restart.
/// </summary>
public sealed class LinkKeeper(LinkDial dial, ILinkClient client, BackoffOptions backoff, Random random, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private NodeLink? _link;
    private DateTimeOffset? _lastSuccess;
    private DateTimeOffset? _nextTry;
    private Error? _lastError;
    private bool _stopped;
    private CancellationTokenSource? _waiting;

    public LinkKeeper(LinkDialer dialer, Func<LinkTarget> targets, ILinkClient client, BackoffOptions backoff, Random random, TimeProvider clock)
        : this(cancellation => dialer.DialAsync(targets(), client, cancellation), client, backoff, random, clock)
    {
    }

    /// <summary>The live link; null while there is none.</summary>
    public NodeLink? Link => Volatile.Read(ref _link);

    public LinkStatus Status
    {
        get
        {
            lock (_gate)
            {
                var health = LinkHealthPlanner.Judge(_link);
                var lastSuccess = health == LinkHealth.Offline ? _lastSuccess : clock.GetUtcNow() - _link!.SilentFor;
                return new LinkStatus(health, lastSuccess, _lastError, _nextTry, _stopped);
            }
        }
    }

    /// <summary>Runs until cancelled, or until a final refusal, whose error it returns. On cancellation a live link is closed with a goodbye.</summary>
    public async Task<Error?> RunAsync(CancellationToken cancellation)
    {
        var failures = 0;
        while (!cancellation.IsCancellationRequested)
        {
            var attempt = await AttemptAsync(cancellation).ConfigureAwait(false);
            if (cancellation.IsCancellationRequested)
            {
                break;
            }

            if (client.IsFinal(attempt.Error))
            {
                Note(attempt.Error, nextTry: null, stopped: true);
                return attempt.Error;
            }

            var wait = BackoffPlanner.Wait(attempt.Stable ? 0 : failures, attempt.RetryAfter, random.NextDouble(), backoff);
            failures = attempt.Stable ? 1 : failures + 1;
            Note(attempt.Error, clock.GetUtcNow() + wait, stopped: false);
            await PauseAsync(wait, cancellation).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Ends the present wait, if there is one: the machine was resumed, or its network came back.</summary>
    public void TryNow()
    {
        lock (_gate)
        {
            _waiting?.Cancel();
        }
    }

    private async Task<Attempt> AttemptAsync(CancellationToken cancellation)
    {
        try
        {
            return await dial(cancellation).ConfigureAwait(false) switch
            {
                DialResult.Connected connected => await HoldAsync(connected.Link, cancellation).ConfigureAwait(false),
                DialResult.Refused refused => new Attempt(refused.Error, refused.RetryAfter, Stable: false),
                DialResult.Unreachable unreachable => new Attempt(unreachable.Error, TimeSpan.Zero, Stable: false),
                var other => throw new InvalidOperationException($"Unknown result of a dial: {other}."),
            };
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new Attempt(new Error(), TimeSpan.Zero, Stable: false);
        }
    }

    private async Task<Attempt> HoldAsync(NodeLink link, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        lock (_gate)
        {
            (_link, _nextTry) = (link, null);
        }

        LinkEnd end;
        await using (cancellation.UnsafeRegister(static link => Leave((NodeLink)link!), link).ConfigureAwait(false))
        {
            end = await link.RunAsync().ConfigureAwait(false);
        }

        lock (_gate)
        {
            _link = null;
            _lastSuccess = clock.GetUtcNow() - link.SilentFor;
        }

        return new Attempt(end.Error, end.RetryAfter, clock.GetElapsedTime(began) >= backoff.Stable);
    }

    private static void Leave(NodeLink link) =>
        _ = link.CloseAsync(LinkErrors.Of(Hanse.Protocol.Errors.ErrorCodes.LinkClosing, "This node is stopping.")).AsTask();

    private async Task PauseAsync(TimeSpan wait, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        lock (_gate)
        {
            _waiting = waiting;
        }

        try
        {
            await Task.Delay(wait, clock, waiting.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (waiting.IsCancellationRequested)
        {
            // Cancelled, or told to try now.
        }
        finally
        {
            lock (_gate)
            {
                (_waiting, _nextTry) = (null, null);
            }
        }
    }

    private void Note(Error error, DateTimeOffset? nextTry, bool stopped)
    {
        lock (_gate)
        {
            (_lastError, _nextTry, _stopped) = (error, nextTry, stopped);
        }
    }

    /// <summary>What one try, and the link it may have given, came to.</summary>
    private sealed record Attempt(Error Error, TimeSpan RetryAfter, bool Stable);
}
