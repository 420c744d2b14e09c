using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands;

/// <summary>How an execution ended, before its output is added.</summary>
internal sealed record Verdict(ExecutionState State, string Reason, string Detail, int? ExitCode);
