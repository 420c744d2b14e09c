using System.Diagnostics;

namespace Hanse.Up.Processes;

/// <summary>Starts a process that outlives us: in a session of its own, reading nothing, writing to its log.</summary>
internal static class Launcher
{
    // setsid(1) and sh both replace themselves, so the pid we get is the program's own.
    private const string Script = """log=$1; shift; exec setsid "$@" </dev/null >>"$log" 2>&1""";
    private const string ScriptWithInput = """log=$1; shift; exec setsid "$@" >>"$log" 2>&1""";

    public static ProcessStamp Start(string log, string program, params string[] arguments) => StartWithInput(null, log, program, arguments);

    /// <summary>The same, with secrets on its standard input, which is then closed.</summary>
    public static ProcessStamp StartWithInput(string? input, string log, string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = input is not null };
        foreach (var argument in new[] { "-c", input is null ? Script : ScriptWithInput, "sh", log, program }.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        ClearVariables(start);
        using var process = Process.Start(start) ?? throw new UpException($"{program} could not be started.");
        if (input is not null)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }

        return ProcessStamp.Of(process.Id) ?? throw new UpException($"{program} ended at once.{LogTail.Of(log)}");
    }

    /// <summary>Runs a program to its end, with secrets on its standard input and never in its arguments.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, IReadOnlyList<string> arguments, string input, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        ClearVariables(start);
        using var process = Process.Start(start) ?? throw new UpException($"{program} could not be started.");
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.StandardInput.WriteAsync(input.AsMemory(), cancellation);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>The federation is configured by its files alone: a HANSE_… variable of the person's shell means something else.</summary>
    private static void ClearVariables(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("HANSE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
    }
}
