using System.Diagnostics;

namespace Hanse.EndToEnd.Tests;

/// <summary>One line of <c>./up --status -o json</c>.</summary>
internal sealed record DemoProcess(string Role, string Name, int Pid, string Address, string DataDir, string Log)
{
    /// <summary>As the out-of-memory killer would: SIGKILL, this process alone.</summary>
    public void Kill()
    {
        using var process = Process.GetProcessById(Pid);
        process.Kill(entireProcessTree: false);
    }
}
