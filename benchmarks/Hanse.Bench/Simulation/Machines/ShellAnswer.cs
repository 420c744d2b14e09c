namespace Hanse.Bench.Simulation.Machines;

/// <summary>What a script on an imagined machine comes to.</summary>
internal sealed record ShellAnswer(string Output, string Error, int ExitCode, TimeSpan Takes);
