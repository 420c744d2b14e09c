namespace Hanse.Coordinator.Hosts;

/// <summary>An entry with its shared texts replaced by their numbers, as the table holds them.</summary>
internal readonly record struct HostRow(HostEntry Entry, int Platform, int AgentVersion, int Kernel);
