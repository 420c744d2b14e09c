namespace Hanse.Agent.Native;

/// <summary>What a tool said. <paramref name="Complete"/> is false when the time limit or the output limit cut it short.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error, bool Complete);
