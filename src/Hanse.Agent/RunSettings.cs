using Hanse.Agent.Commands;

namespace Hanse.Agent;

/// <summary>What <c>run</c> was told.</summary>
internal sealed record RunSettings
{
    internal TimeSpan InventoryInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Between two looks for a better path than the one in use (T1, <see cref="Paths.PathPatience"/>).</summary>
    internal TimeSpan PathInterval { get; init; } = TimeSpan.FromMinutes(1);

    internal ExecutionOptions Executions { get; init; } = new();
}
