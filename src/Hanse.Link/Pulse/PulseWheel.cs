namespace Hanse.Link.Pulse;

/// <summary>
/// One timer for all links of a process: a hashed wheel with a fixed granularity. Entries are looked at no earlier than asked and at most
/// one granule later. Runs on the monotonic clock, so a jump of the wall clock ends no link. The timer stands still while there is no entry.
/// </summary>
public sealed class PulseWheel : IDisposable
{
    private const int SlotCount = 256;

    private readonly PulseEntry?[] _slots = new PulseEntry?[SlotCount];
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly TimeSpan _granularity;
    private readonly ITimer _timer;
    private readonly long _origin;
    private long _doneTick;
    private int _count;

    /// <param name="clock">The monotonic clock all links run on.</param>
    /// <param name="granularity">How late an entry may be looked at; half a second by default.</param>
    public PulseWheel(TimeProvider clock, TimeSpan? granularity = null)
    {
        _clock = clock;
        _granularity = granularity ?? TimeSpan.FromMilliseconds(500);
        _origin = clock.GetTimestamp();
        _timer = clock.CreateTimer(static wheel => ((PulseWheel)wheel!).Turn(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal TimeProvider Clock => _clock;

    public void Dispose() => _timer.Dispose();

    /// <summary>Puts the entry where it is due after <paramref name="delay"/>, taking it from where it stood.</summary>
    internal void Schedule(PulseEntry entry, TimeSpan delay)
    {
        lock (_gate)
        {
            if (!entry.Retired)
            {
                Unlink(entry);
                Insert(entry, delay);
            }
        }
    }

    /// <summary>Takes the entry out for good.</summary>
    internal void Remove(PulseEntry entry)
    {
        lock (_gate)
        {
            entry.Retired = true;
            Unlink(entry);
        }
    }

    private long NowTick => _clock.GetElapsedTime(_origin).Ticks / _granularity.Ticks;

    private void Insert(PulseEntry entry, TimeSpan delay)
    {
        if (_count == 0)
        {
            // Nothing was due while the timer stood still.
            _doneTick = NowTick;
        }

        var ticks = Math.Max(1, (delay.Ticks + _granularity.Ticks - 1) / _granularity.Ticks);
        entry.DueTick = Math.Max(_doneTick, NowTick) + ticks;
        entry.Slot = (int)(entry.DueTick % SlotCount);
        entry.Previous = null;
        entry.Next = _slots[entry.Slot];
        if (entry.Next is { } next)
        {
            next.Previous = entry;
        }

        _slots[entry.Slot] = entry;
        if (++_count == 1)
        {
            _timer.Change(_granularity, _granularity);
        }
    }

    private void Unlink(PulseEntry entry)
    {
        if (entry.Slot < 0)
        {
            return;
        }

        if (entry.Previous is { } previous)
        {
            previous.Next = entry.Next;
        }
        else
        {
            _slots[entry.Slot] = entry.Next;
        }

        if (entry.Next is { } next)
        {
            next.Previous = entry.Previous;
        }

        (entry.Slot, entry.Next, entry.Previous) = (-1, null, null);
        if (--_count == 0)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void Turn()
    {
        foreach (var entry in TakeDue())
        {
            var again = entry.OnPulse();
            lock (_gate)
            {
                // It may have been scheduled anew, or have ended, meanwhile.
                if (again > TimeSpan.Zero && entry is { Slot: < 0, Retired: false })
                {
                    Insert(entry, again);
                }
            }
        }
    }

    private List<PulseEntry> TakeDue()
    {
        var due = new List<PulseEntry>();
        lock (_gate)
        {
            var now = NowTick;
            // After a long pause (a suspended machine) one round sees every slot; more would see them again.
            for (var tick = Math.Max(_doneTick + 1, now - SlotCount + 1); tick <= now && _count > 0; tick++)
            {
                for (var entry = _slots[tick % SlotCount]; entry is not null;)
                {
                    var next = entry.Next;
                    if (entry.DueTick <= now)
                    {
                        Unlink(entry);
                        due.Add(entry);
                    }

                    entry = next;
                }
            }

            _doneTick = now;
        }

        return due;
    }
}
