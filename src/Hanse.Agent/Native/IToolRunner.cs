namespace Hanse.Agent.Native;

/// <summary>Runs the host's own tools. A seam: fixture tests have none.</summary>
internal interface IToolRunner
{
    /// <summary>The tool's path, or null when the host has none.</summary>
    string? Find(string tool);

    /// <summary>Runs it with LC_ALL=C and no stdin until its end or the limit, whichever is first; then nothing of it is left.</summary>
    Task<ToolResult> RunAsync(string path, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellation);
}
