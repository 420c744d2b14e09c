namespace Hanse.Link;

/// <summary>Clocks as frames carry them. A peer may send any number.</summary>
internal static class LinkClock
{
    private const long Latest = 253_402_300_799_999; // the end of the year 9999

    /// <summary>The peer's clock minus ours.</summary>
    public static TimeSpan Skew(long clockUnixMs, TimeProvider clock) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(clockUnixMs, 0, Latest)) - clock.GetUtcNow();
}
