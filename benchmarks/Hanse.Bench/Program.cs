using Hanse.Bench.Directory;
using Hanse.Bench.Harness;

// Every suite there is; each prints its own table.
IBenchSuite[] suites = [new DirectorySuite()];
return await BenchRunner.RunAsync(suites, args);
