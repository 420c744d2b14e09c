namespace Hanse.EndToEnd.Tests;

/// <summary>What a script printed and how it ended.</summary>
internal sealed record ScriptResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Itself; fails with everything it printed if it did not exit with 0.</summary>
    public ScriptResult Succeeded()
    {
        Assert.True(ExitCode == 0, $"{Command} exited with {ExitCode}.\n{Error}\n{Output}");
        return this;
    }
}
