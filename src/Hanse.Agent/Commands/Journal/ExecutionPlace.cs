namespace Hanse.Agent.Commands.Journal;

/// <summary>Where an execution's processes and files are, so that a later life of the agent finds them (D5).</summary>
/// <param name="Cgroup">Folder of its cgroup; empty without one.</param>
/// <param name="Scratch">Folder outside the journal that holds its script for another user; empty without one.</param>
/// <param name="BootId">The boot in which the process started: in another one there is nothing left of it.</param>
internal sealed record ExecutionPlace(string Cgroup, string Scratch, int Pid, long StartTicks, string BootId);
