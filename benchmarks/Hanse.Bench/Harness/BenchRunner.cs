using System.Runtime.InteropServices;

namespace Hanse.Bench.Harness;

/// <summary>Runs the suites named on the command line, or all of them, one after the other.</summary>
internal static class BenchRunner
{
    public static async Task<int> RunAsync(IReadOnlyList<IBenchSuite> suites, string[] arguments)
    {
        if (arguments is ["--list"] or ["--help"] or ["-h"])
        {
            Console.WriteLine("./bench [suite…] [--option number…]\n");
            foreach (var suite in suites)
            {
                Console.WriteLine($"  {suite.Name,-12} {suite.Summary}");
            }

            return 0;
        }

        var (names, options, error) = BenchOptions.Parse(arguments);
        error ??= names.FirstOrDefault(n => suites.All(s => s.Name != n)) is { } unknown
            ? $"No suite is called '{unknown}'. There are: {string.Join(", ", suites.Select(s => s.Name))}."
            : null;
        if (error is not null)
        {
            await Console.Error.WriteLineAsync(error);
            return 2;
        }

        var signals = Leftovers.EndOnSignals();
        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors");
        foreach (var suite in suites.Where(s => names.Count == 0 || names.Contains(s.Name)))
        {
            Console.WriteLine($"\n== {suite.Name}: {suite.Summary}");
            var table = new BenchTable(Console.Out);
            await suite.RunAsync(options, table, CancellationToken.None);
            table.Print();
        }

        GC.KeepAlive(signals);
        return 0;
    }
}
