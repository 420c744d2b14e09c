namespace Hanse.Agent.Native;

/// <summary>A process as /proc shows it. <paramref name="State"/> is the kernel's letter; Z is a zombie.</summary>
internal sealed record ProcessEntry(int Pid, string Name, char State, int Group, int Session, long StartTicks);
