namespace Hanse.Bench.Harness;

/// <summary>A set of measurements of one component. It prepares and clears away whatever it needs.</summary>
internal interface IBenchSuite
{
    /// <summary>What one types after <c>./bench</c>.</summary>
    string Name { get; }

    /// <summary>One line: what is measured, and its options with their defaults.</summary>
    string Summary { get; }

    Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation);
}
