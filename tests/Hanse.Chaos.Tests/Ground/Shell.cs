using System.Diagnostics;

namespace Hanse.Chaos.Tests.Ground;

/// <summary>Runs a tool of the system to its end.</summary>
internal static class Shell
{
    /// <exception cref="InvalidOperationException">It refused; its own words are in the message.</exception>
    public static async Task RunAsync(string tool, params string[] arguments)
    {
        if (await TryAsync(tool, arguments) is { } refusal)
        {
            throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)}: {refusal}");
        }
    }

    /// <summary>Null when it exited with 0; otherwise what it said.</summary>
    public static async Task<string?> TryAsync(string tool, params string[] arguments)
    {
        var (code, said) = await AskAsync(tool, arguments);
        return code == 0 ? null : said is { Length: > 0 } ? said : $"exit status {code}";
    }

    /// <summary>Exit status and all it said.</summary>
    public static async Task<(int Code, string Said)> AskAsync(string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(tool, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, (await output + await error).Trim());
    }
}
