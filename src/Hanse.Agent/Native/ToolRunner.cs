namespace Hanse.Agent.Native;

/// <summary>Runs tools found in the system's own folders, never through a PATH that the caller could have changed.</summary>
internal sealed class ToolRunner(TimeProvider time) : IToolRunner
{
    private const int OutputLimit = 32 * 1024 * 1024;
    private static readonly string[] Folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];
    private static readonly KeyValuePair<string, string>[] Environment =
        [new("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), new("LC_ALL", "C"), new("LANG", "C"), new("HOME", "/"), new("TERM", "dumb")];

    public string? Find(string tool) => Folders.Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);

    public async Task<ToolResult> RunAsync(
        string path, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellation)
    {
        var output = new CappedOutput(OutputLimit);
        using var child = ChildProcess.Start(new ChildStart(path, arguments, Environment), output);
        var inTime = true;
        try
        {
            await child.Exited.WaitAsync(limit, time, cancellation);
        }
        catch (TimeoutException)
        {
            inTime = false;
            child.SignalGroup(Libc.SigKill);
        }
        catch (OperationCanceledException)
        {
            child.SignalGroup(Libc.SigKill);
            throw;
        }

        var exit = await child.Exited;
        child.AbandonOutput();
        await child.Drained;
        return new ToolResult(exit.ShellCode, output.Out, output.Error, inTime && !output.Cut);
    }
}
