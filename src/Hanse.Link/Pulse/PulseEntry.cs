namespace Hanse.Link.Pulse;

/// <summary>Something the <see cref="PulseWheel"/> looks at from time to time. Its place in the wheel is inside it, so that the wheel
/// allocates nothing per entry.</summary>
internal abstract class PulseEntry
{
    internal PulseEntry? Next { get; set; }

    internal PulseEntry? Previous { get; set; }

    /// <summary>Slot it stands in; negative when in none.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>It was removed for good, perhaps while it was being looked at.</summary>
    internal bool Retired { get; set; }

    /// <summary>The tick at which it is due; a slot also holds entries of later rounds.</summary>
    internal long DueTick { get; set; }

    /// <summary>Does what is due and says when to look again; zero or less for never. Must not block or throw.</summary>
    internal abstract TimeSpan OnPulse();
}
