using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands;

/// <summary>An execution of which the site has not yet acknowledged the outcome, and where it stands.</summary>
public readonly record struct PendingReport(CommandId Command, ExecutionState State);
