using Hanse.Server.Cli;
using Hanse.Server.Configuration;
using Hanse.Server.Hosting;

namespace Hanse.Server.Tests.Cli;

/// <summary>Runs the command line in this process, with its own streams, variables and home.</summary>
internal sealed class CliHarness : IServerHost, IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("hanse-cli-").FullName;

    /// <summary>The options with which a server was asked for.</summary>
    public HanseOptions? Served { get; private set; }

    public string ProfilePath => Path.Combine(_home, ".config", "hanse", "profile.yaml");

    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>What a person (or a pipe) would give on standard input.</summary>
    public string Input { get; set; } = "";

    public bool IsInteractive { get; set; }

    public async Task<CliResult> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var input = new StringReader(Input);
        var code = await CommandLine.RunAsync(args, new()
        {
            In = input,
            Out = output,
            Error = error,
            IsInteractive = IsInteractive,
            Variables = new Dictionary<string, string>(Variables) { ["HOME"] = _home },
            Server = this,
            ReadHidden = input.ReadLine,
        });
        return new(code, output.ToString(), error.ToString());
    }

    Task<int> IServerHost.RunAsync(HanseOptions options, CancellationToken stop)
    {
        Served = options;
        return Task.FromResult(0);
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);
}

internal sealed record CliResult(int Code, string Out, string Error);
