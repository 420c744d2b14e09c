using System.Diagnostics;
using System.Text;

namespace Hanse.Agent.Tests.Link;

/// <summary>The real executable in a process of its own. <c>HANSE_AGENT_EXE</c> names another build of it, such as the trimmed one.</summary>
internal sealed class RealAgent : IDisposable
{
    private readonly StringBuilder _log = new();

    private RealAgent(Process process)
    {
        Process = process;
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    internal Process Process { get; }

    internal string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    internal static RealAgent Start(params string[] arguments)
    {
        var built = Path.Combine(Path.GetDirectoryName(typeof(RealAgent).Assembly.Location)!, "hanse-agent");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("HANSE_AGENT_EXE") ?? built, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new RealAgent(process);
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            Process.WaitForExit();
        }

        Process.Dispose();
    }

    private void Add(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }
}
