using Hanse.Agent.Link;
using Hanse.Bench.Simulation.Machines;
using Hanse.Link.Dialing;

namespace Hanse.Bench.Simulation;

/// <summary>What all simulated agents of a process share.</summary>
internal sealed record FleetGround(
    TimeProvider Time, Random Random, LinkGreeter Greeter, SemaphoreSlim Dialling, SecretFile Secrets, FleetCounters Counters, AgentSessionOptions Session)
{
    public PackageLists Packages { get; } = new();
}
