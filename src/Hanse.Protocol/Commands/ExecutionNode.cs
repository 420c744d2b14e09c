namespace Hanse.Protocol.Commands;

/// <summary>The three nodes an execution passes, in the order in which it goes down.</summary>
public enum ExecutionNode
{
    Coordinator = 1,
    Site = 2,
    Agent = 3,
}
