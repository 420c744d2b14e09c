using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands.Processes;

/// <summary>Why an offered script is not taken: a stable reason and words for people.</summary>
internal sealed record ScriptRefusal(ExecutionState State, string Reason, string Detail);
