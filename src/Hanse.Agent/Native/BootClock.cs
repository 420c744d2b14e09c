namespace Hanse.Agent.Native;

/// <summary>CLOCK_BOOTTIME of the kernel.</summary>
internal sealed class BootClock : IBootClock
{
    public string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public unsafe TimeSpan Elapsed
    {
        get
        {
            Libc.TimeSpec value;
            return Libc.ClockGetTime(Libc.ClockBootTime, &value) == 0
                ? TimeSpan.FromSeconds(value.Seconds) + TimeSpan.FromTicks(value.Nanoseconds / 100)
                : throw new InvalidOperationException("The kernel has no CLOCK_BOOTTIME.");
        }
    }
}
