using Hanse.Bench.Directory;
using Hanse.Bench.Harness;
using Hanse.Bench.Simulation;

if (args is [SimulateVerb.Name, .. var rest])
{
    return await SimulateVerb.RunAsync(rest, Console.In, Console.Out, Console.Error);
}

// Every suite there is; each prints its own table.
IBenchSuite[] suites = [new DirectorySuite()];
return await BenchRunner.RunAsync(suites, args);
