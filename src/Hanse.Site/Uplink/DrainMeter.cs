namespace Hanse.Site.Uplink;

/// <summary>How fast the coordinator takes this site's entries when there are many: the base of the replay estimate. Small batches say nothing of
/// it and are left out. Safe from several threads.</summary>
internal abstract class DrainMeter
{
    private const int Telling = 50;
    private const double Weight = 0.2;
    private const int Smallest = 100;
    private const uint Long = 40;
    private const uint Short = 20;
    private double _perSecond;
    private int _size = 4 * Smallest;

    /// <summary>How many entries the next batch may have, at most <paramref name="most"/>.</summary>
    public int Size(int most) => Math.Min(Volatile.Read(ref _size), most);

    /// <summary>U7: the pause that the coordinator asks for is as long as the batch occupied it, whoever else waited meanwhile. Batches that take long become
    /// smaller, those that take little larger.</summary>
    public void Fit(uint pauseMs, int most)
    {
        var size = Volatile.Read(ref _size);
        Volatile.Write(ref _size, pauseMs > Long ? Math.Max(Smallest, size / 2) : pauseMs is > 0 and < Short ? Math.Min(most, size * 5 / 4) : size);
    }

    /// <param name="entries">Of one batch.</param>
    /// <param name="took">From its forming to the end of the pause after it.</param>
    public void Note(int entries, TimeSpan took)
    {
        if (entries < Telling || took <= TimeSpan.Zero)
        {
            return;
        }

        var now = entries / took.TotalSeconds;
        var before = Volatile.Read(ref _perSecond);
        Volatile.Write(ref _perSecond, before <= 0 ? now : before + Weight * (now - before));
    }

    /// <summary>How long so many entries take; zero while that is not known.</summary>
    public TimeSpan Estimate(long entries) => Volatile.Read(ref _perSecond) is > 0 and var rate && entries > 0
        ? TimeSpan.FromSeconds(Math.Min(entries / rate, TimeSpan.FromDays(365).TotalSeconds))
        : TimeSpan.Zero;
}

/// <summary>Of records.</summary>
internal sealed class RecordMeter : DrainMeter;

/// <summary>Of states.</summary>
internal sealed class StateMeter : DrainMeter;
