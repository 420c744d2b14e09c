namespace Hanse.Trust.Datagrams;

/// <summary>Which sequences of one key have been taken (G2): the highest, and which of the 63 below it. Asked only about datagrams whose seal was
/// good, so that a forged number cannot move it. What is older than the window is refused: a late datagram is lost, a repeated one never counts twice.</summary>
public struct ReplayWindow
{
    public const int Width = 64;

    // Bit n is the sequence Highest − n.
    private ulong _taken;

    /// <summary>The highest sequence taken; 0 if none was.</summary>
    public ulong Highest { get; private set; }

    /// <summary>A window that refuses everything up to <paramref name="mark"/>: after a restart nobody knows which of those were taken.</summary>
    public static ReplayWindow After(ulong mark) => new() { Highest = mark, _taken = ulong.MaxValue };

    /// <summary>True once for each sequence, and never for 0.</summary>
    public bool TryTake(ulong sequence)
    {
        if (sequence > Highest)
        {
            var ahead = sequence - Highest;
            _taken = (ahead < Width ? _taken << (int)ahead : 0) | 1;
            Highest = sequence;
            return true;
        }

        var behind = Highest - sequence;
        if (sequence == 0 || behind >= Width || (_taken >> (int)behind & 1) != 0)
        {
            return false;
        }

        _taken |= 1UL << (int)behind;
        return true;
    }
}
