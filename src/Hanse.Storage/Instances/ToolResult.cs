namespace Hanse.Storage.Instances;

/// <summary>How a program of PostgreSQL or of the system ended, with all that it printed.</summary>
internal sealed record ToolResult(int ExitCode, string Output)
{
    public bool Succeeded => ExitCode == 0;
}
