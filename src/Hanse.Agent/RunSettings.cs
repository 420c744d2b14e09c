using Hanse.Agent.Commands;

namespace Hanse.Agent;

/// <summary>What <c>run</c> was told.</summary>
internal sealed record RunSettings
{
    internal TimeSpan InventoryInterval { get; init; } = TimeSpan.FromMinutes(15);

    internal ExecutionOptions Executions { get; init; } = new();
}
