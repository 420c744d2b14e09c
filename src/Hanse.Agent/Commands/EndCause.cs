namespace Hanse.Agent.Commands;

/// <summary>Why a running execution ends.</summary>
internal enum EndCause
{
    /// <summary>Its main process ended by itself.</summary>
    Exited = 1,

    /// <summary>It ran longer than its timeout.</summary>
    Timeout = 2,

    /// <summary>Someone wished it.</summary>
    Cancelled = 3,

    /// <summary>The agent is being stopped.</summary>
    AgentStops = 4,
}
