using System.Diagnostics;
using System.Text.Json.Nodes;
using Hanse.TestKit;

namespace Hanse.EndToEnd.Tests;

/// <summary>A demo federation in a folder of its own, handled as a person does: by <c>./up</c> and <c>./hanse</c> of this checkout, with the real programs.</summary>
internal sealed class Demo : IAsyncDisposable
{
    /// <summary><c>./hanse</c> asks the federation that this checkout brought up last, so tests of one checkout take turns.</summary>
    public const string OneAtATime = "one checkout";

    // The first ./up of a checkout builds.
    private static readonly TimeSpan ScriptLimit = TimeSpan.FromMinutes(10);

    /// <summary>Not made yet: <c>./up</c> makes it, with the mode that PostgreSQL's account needs.</summary>
    public string Data { get; } = Path.Combine(Path.GetTempPath(), "hanse-walk-" + Path.GetRandomFileName());

    public Task<ScriptResult> UpAsync(params string[] arguments) => RunAsync("up", ["--data", Data, .. arguments]);

    public Task<ScriptResult> HanseAsync(params string[] arguments) => RunAsync("hanse", arguments);

    /// <summary>The same, with a secret on standard input.</summary>
    public Task<ScriptResult> HanseWithAsync(string input, params string[] arguments) => RunAsync("hanse", arguments, input + "\n");

    /// <summary>The verb's JSON, after it succeeded.</summary>
    public async Task<JsonNode> JsonAsync(params string[] arguments)
    {
        var at = Array.IndexOf(arguments, "--");
        string[] with = at < 0 ? [.. arguments, "-o", "json"] : [.. arguments[..at], "-o", "json", .. arguments[at..]];
        return JsonNode.Parse((await HanseAsync(with)).Succeeded().Output)!;
    }

    /// <summary>The verb's JSON, whatever it exited with: <c>status</c> says no with its exit code.</summary>
    public async Task<JsonNode> JsonOfAsync(params string[] arguments) => JsonNode.Parse((await HanseAsync([.. arguments, "-o", "json"])).Output)!;

    /// <summary>A file beside the servers' folders; it goes with the federation.</summary>
    public string File(string name) => Path.Combine(Data, name);

    /// <summary>What <c>./up --status -o json</c> lists.</summary>
    public async Task<IReadOnlyList<DemoProcess>> StatusAsync()
    {
        var list = JsonNode.Parse((await UpAsync("--status", "-o", "json")).Succeeded().Output)!.AsArray();
        return [.. list.Select(p => new DemoProcess((string)p!["role"]!, (string)p["name"]!, (int)p["pid"]!, (string)p["address"]!, (string)p["dataDir"]!, (string)p["log"]!))];
    }

    public async Task<DemoProcess> FindAsync(string role, string name) => (await StatusAsync()).Single(p => p.Role == role && p.Name == name);

    /// <summary>Processes that name this federation's folder: what <c>./up --stop</c> must have ended.</summary>
    public IReadOnlyList<string> Living() => [.. ProcFiles("cmdline").Where(p => p.Text.Contains(Data, StringComparison.Ordinal)).Select(p => $"{p.Pid}: {p.Text.Replace('\0', ' ')}")];

    /// <summary>Processes of one execution, by the variable that the agent gives them.</summary>
    public static IReadOnlyList<int> OfExecution(string command) =>
        [.. ProcFiles("environ").Where(p => p.Text.Contains($"HANSE_COMMAND_ID={command}", StringComparison.Ordinal)).Select(p => p.Pid)];

    public async ValueTask DisposeAsync()
    {
        if (Directory.Exists(Data))
        {
            (await UpAsync("--stop")).Succeeded();
            Directory.Delete(Data, recursive: true);
        }
    }

    private static async Task<ScriptResult> RunAsync(string script, IReadOnlyList<string> arguments, string input = "")
    {
        var start = new ProcessStartInfo(Path.Combine(Checkout.Root, script))
        {
            WorkingDirectory = Checkout.Root, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // A developer's own settings must not decide what is tested.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("HANSE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await Wait.ForTask($"./{script} {string.Join(' ', arguments)} to end", process.WaitForExitAsync(), ScriptLimit);
        return new($"./{script} {string.Join(' ', arguments)}", process.ExitCode, await output, await error);
    }

    private static IEnumerable<(int Pid, string Text)> ProcFiles(string name)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), out _)))
        {
            string text;
            try
            {
                text = System.IO.File.ReadAllText(Path.Combine(folder, name));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                continue; // Ended meanwhile, or another account's: not ours.
            }

            yield return (int.Parse(Path.GetFileName(folder), System.Globalization.CultureInfo.InvariantCulture), text);
        }
    }
}
