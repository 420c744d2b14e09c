namespace Hanse.Bench.Simulation;

/// <summary>The simulation cannot go on; the message says why and what to do.</summary>
internal sealed class SimulationException(string message) : Exception(message);
