namespace Hanse.TestKit;

/// <summary>
/// A clock that moves only when a test says so. Timers, <c>Task.Delay(…, clock)</c>, <c>CancellationTokenSource(…, clock)</c> and
/// <c>PeriodicTimer</c> on it fire inside <see cref="Advance"/>, on the caller's thread, in order of their instants, and each sees the
/// clock at exactly its own instant. Safe for use from several threads.
/// </summary>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _wall;
    private TimeSpan _elapsed;

    /// <summary>Starts at 2030-01-01 00:00 UTC: far from the system's clock, so that code that reads the wrong clock is noticed.</summary>
    public ManualClock() : this(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public ManualClock(DateTimeOffset start) => _wall = start;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers wait: a test waits for this before it advances past a delay that is set on another thread.</summary>
    public int PendingTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count(timer => timer.Due is not null);
            }
        }
    }

    /// <summary>How long until the next timer fires; null when none waits.</summary>
    public TimeSpan? NextTimerIn
    {
        get
        {
            lock (_gate)
            {
                return FirstDue(TimeSpan.MaxValue)?.Due - _elapsed;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _wall;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed.Ticks;
        }
    }

    /// <summary>Moves wall clock and monotonic clock by <paramref name="span"/> and fires what becomes due on the way.</summary>
    public void Advance(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero);
        TimeSpan target;
        lock (_gate)
        {
            target = _elapsed + span;
        }

        while (true)
        {
            ManualTimer? timer;
            lock (_gate)
            {
                timer = FirstDue(target);
                MoveTo(timer?.Due ?? target);
                timer?.Rearm();
            }

            if (timer is null)
            {
                return;
            }

            timer.Fire();
        }
    }

    /// <summary>The administrator (or NTP) sets the clock: wall time jumps, forward or back, and no timer notices.</summary>
    public void JumpWallClock(TimeSpan by)
    {
        lock (_gate)
        {
            _wall += by;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? FirstDue(TimeSpan limit) =>
        _timers.Where(timer => timer.Due <= limit).MinBy(timer => timer.Due);

    private void MoveTo(TimeSpan instant)
    {
        // A callback on another thread may have advanced further already; the clock never goes back.
        var step = instant - _elapsed;
        if (step > TimeSpan.Zero)
        {
            _elapsed += step;
            _wall += step;
        }
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public TimeSpan? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._elapsed + dueTime;
                clock._timers.Remove(this);
                if (Due is not null)
                {
                    clock._timers.Add(this);
                }
            }

            if (dueTime == TimeSpan.Zero)
            {
                clock.Advance(TimeSpan.Zero);
            }

            return true;
        }

        public void Rearm()
        {
            Due = _period > TimeSpan.Zero ? Due + _period : null;
            if (Due is null)
            {
                clock._timers.Remove(this);
            }
        }

        public void Fire() => callback(state);

        public void Dispose() => Stop();

        public ValueTask DisposeAsync()
        {
            Stop();
            return ValueTask.CompletedTask;
        }

        private void Stop() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
