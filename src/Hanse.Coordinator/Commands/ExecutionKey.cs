using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Commands;

/// <summary>Names a row of commands_execution.</summary>
internal readonly record struct ExecutionKey(Guid Command, Guid Site, Guid Host);

/// <summary>That an execution went from one state to another; null: it is new.</summary>
internal readonly record struct ExecutionChange(ExecutionKey Key, ExecutionState? Was, ExecutionState State);
