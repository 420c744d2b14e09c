using Hanse.Link.Frames;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Pulse;

/// <summary>
/// Liveness of one link, driven by the wheel: the dialling side pings at the assigned interval, both sides cut a peer that was silent for
/// several intervals, does not read what is sent to it, or does not finish closing.
/// </summary>
internal sealed class LinkPulse(NodeLink link, FrameSocket frames, LinkTerms terms, LinkLimits limits, TimeProvider clock) : PulseEntry
{
    private long _heard = clock.GetTimestamp();
    private long _heartbeatTicks = terms.Heartbeat.Ticks;
    private long _closingSince;
    private ulong _sequence;
    private ulong _pongFor;
    private int _pinging;
    private int _ponging;
    private PingWait? _wait;

    public TimeSpan Heartbeat => TimeSpan.FromTicks(Volatile.Read(ref _heartbeatTicks));

    public TimeSpan SilentFor => clock.GetElapsedTime(Volatile.Read(ref _heard));

    private TimeSpan DeadAfter => Heartbeat * limits.MissedHeartbeats;

    public void Received() => Volatile.Write(ref _heard, clock.GetTimestamp());

    public void Start(PulseWheel wheel) => wheel.Schedule(this, terms.Dialled ? Heartbeat : DeadAfter);

    public void Stop(PulseWheel wheel) => wheel.Remove(this);

    /// <summary>From now on the peer has the grace, and no more.</summary>
    public void Closing(PulseWheel wheel)
    {
        if (Interlocked.CompareExchange(ref _closingSince, Math.Max(1, clock.GetTimestamp()), 0) == 0)
        {
            wheel.Schedule(this, limits.CloseGrace);
        }
    }

    public void OnPing(Ping ping)
    {
        Volatile.Write(ref _pongFor, ping.Sequence);
        // One answer at a time: a peer that pings without reading gets no queue.
        if (Interlocked.Exchange(ref _ponging, 1) == 0)
        {
            _ = PongAsync();
        }
    }

    public void OnPong(Pong pong)
    {
        if (pong.HeartbeatMs > 0 && terms.Dialled)
        {
            Volatile.Write(ref _heartbeatTicks, TimeSpan.FromMilliseconds(pong.HeartbeatMs).Ticks);
        }

        if (Volatile.Read(ref _wait) is { } wait && pong.Sequence >= wait.Sequence)
        {
            wait.Answered.TrySetResult();
        }
    }

    public async ValueTask<bool> PingAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        if (link.End is not null)
        {
            return false;
        }

        var wait = new PingWait(Interlocked.Increment(ref _sequence));
        Volatile.Write(ref _wait, wait);
        try
        {
            var asked = AskAsync(wait);
            await asked.WaitAsync(timeout, clock, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (Exception broken) when (!cancellation.IsCancellationRequested && (LinkFaults.IsTransport(broken) || link.End is not null))
        {
            return false;
        }
        finally
        {
            Interlocked.CompareExchange(ref _wait, null, wait);
        }
    }

    internal override TimeSpan OnPulse()
    {
        if (Volatile.Read(ref _closingSince) != 0)
        {
            frames.Abort();
            return TimeSpan.Zero;
        }

        var silent = SilentFor;
        if (silent >= DeadAfter)
        {
            Cut(ErrorCodes.PeerSilent, $"Nothing came from the peer for {silent.TotalSeconds:0} s.");
            return TimeSpan.Zero;
        }

        if (frames.SendingFor >= limits.SendStall)
        {
            Cut(ErrorCodes.PeerStalled, $"The peer did not read for {frames.SendingFor.TotalSeconds:0} s.");
            return TimeSpan.Zero;
        }

        if (!terms.Dialled)
        {
            return Shortest(DeadAfter - silent, limits.SendStall);
        }

        if (Interlocked.Exchange(ref _pinging, 1) == 0)
        {
            _ = PingOnceAsync();
        }

        return Shortest(Heartbeat, limits.SendStall);
    }

    private async Task AskAsync(PingWait wait)
    {
        await frames.SendAsync(new Envelope { Ping = new Ping { Sequence = wait.Sequence } }, CancellationToken.None).ConfigureAwait(false);
        await wait.Answered.Task.WaitAsync(link.Ended).ConfigureAwait(false);
    }

    private async Task PingOnceAsync()
    {
        try
        {
            await frames.SendAsync(new Envelope { Ping = new Ping { Sequence = Interlocked.Increment(ref _sequence) } }, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            link.Abort(broken);
        }
        finally
        {
            Volatile.Write(ref _pinging, 0);
        }
    }

    private async Task PongAsync()
    {
        try
        {
            await frames.SendAsync(new Envelope { Pong = NextPong() }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            link.Abort(broken);
        }
        finally
        {
            Volatile.Write(ref _ponging, 0);
        }
    }

    private Pong NextPong()
    {
        var pong = new Pong { Sequence = Volatile.Read(ref _pongFor), ClockUnixMs = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        if (terms.HeartbeatNow?.Invoke() is { } interval && interval != Heartbeat)
        {
            Volatile.Write(ref _heartbeatTicks, interval.Ticks);
            pong.HeartbeatMs = (uint)interval.TotalMilliseconds;
        }

        return pong;
    }

    private void Cut(string code, string message) => link.Abort(new LinkEnd(LinkEndKind.Broken, LinkErrors.Of(code, message), TimeSpan.Zero));

    private static TimeSpan Shortest(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private sealed class PingWait(ulong sequence)
    {
        public ulong Sequence { get; } = sequence;

        public TaskCompletionSource Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
