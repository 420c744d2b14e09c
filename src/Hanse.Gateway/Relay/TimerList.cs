namespace Hanse.Gateway.Relay;

/// <summary>Ends in the order of their deadlines. All have the same time from their entry, so that the newest is the last; entering and leaving are a few writes.</summary>
internal sealed class TimerList(EndTable ends, TimeSpan time)
{
    private readonly uint _time = (uint)time.TotalMilliseconds;
    private int _first = -1;
    private int _last = -1;

    /// <summary>The one whose deadline is next; -1 when the list is empty.</summary>
    internal int First => _first;

    internal int Count { get; private set; }

    internal void Enter(int descriptor, long now)
    {
        ref var end = ref ends[descriptor];
        end.Due = (uint)now + _time;
        (end.Before, end.After) = (_last, -1);
        if (_last >= 0)
        {
            ends[_last].After = descriptor;
        }
        else
        {
            _first = descriptor;
        }

        _last = descriptor;
        Count++;
    }

    internal void Leave(int descriptor)
    {
        ref var end = ref ends[descriptor];
        if (end.Before >= 0)
        {
            ends[end.Before].After = end.After;
        }
        else
        {
            _first = end.After;
        }

        if (end.After >= 0)
        {
            ends[end.After].Before = end.Before;
        }
        else
        {
            _last = end.Before;
        }

        Count--;
    }

    /// <summary>Milliseconds until the next deadline; 0 when it is over, the given longest time when there is none.</summary>
    internal int Left(long now, int longest) =>
        _first < 0 ? longest : Math.Clamp((int)(ends[_first].Due - (uint)now), 0, longest);
}
