using Hanse.Server.Cli;
using Hanse.Server.Configuration;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Cli;

/// <summary>Parsing, help, usage errors, and the verbs that ask no server.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly CliHarness _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Every_verb_has_a_description_and_an_example()
    {
        var root = CommandLine.Build(CliContext.OfProcess(_cli));
        var verbs = Leaves(root, "hanse").ToArray();
        Assert.Contains(verbs, v => v.Path == "hanse host search");
        foreach (var (path, verb) in verbs)
        {
            Assert.False(string.IsNullOrWhiteSpace(verb.Description), path);
            var help = await _cli.RunAsync([.. path.Split(' ').Skip(1), "--help"]);
            Assert.Equal((ExitCodes.Ok, ""), (help.Code, help.Error));
            Assert.Contains("Examples:", help.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_verb_and_exit_code_is_in_the_document()
    {
        var text = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "cli.md"));
        foreach (var (path, _) in Leaves(CommandLine.Build(CliContext.OfProcess(_cli)), "hanse"))
        {
            Assert.Contains($"`{path}", text, StringComparison.Ordinal);
        }

        foreach (var code in typeof(ExitCodes).GetFields().Select(f => f.GetValue(null)))
        {
            Assert.Contains($"| {code} |", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("frobnicate", "See: hanse --help")]
    [InlineData("host ban web-1", "--reason")]
    [InlineData("run -- uname", "--host")]
    [InlineData("site list --bogus", "See: hanse site list --help")]
    [InlineData("command list --limit many", "many")]
    public async Task A_wrong_line_is_usage(string line, string told)
    {
        var result = await _cli.RunAsync(line.Split(' '));
        Assert.Equal(ExitCodes.Usage, result.Code);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Out);
    }

    [Fact]
    public async Task A_server_verb_gets_the_options_of_file_variable_and_flag()
    {
        _cli.Variables["HANSE_LOG_LEVEL"] = "debug";
        var result = await _cli.RunAsync("site", "--data-dir", "/tmp/x", "--set", "listen=127.0.0.1:0");
        Assert.Equal((ExitCodes.Ok, ""), (result.Code, result.Error));
        Assert.Equal([ServerRole.Site], _cli.Served!.Roles);
        Assert.Equal(("/tmp/x", 0, "Debug"), (_cli.Served.DataDir, _cli.Served.Listen.Port, _cli.Served.Log.Level.ToString()));
    }

    [Fact]
    public async Task A_server_verb_with_a_bad_configuration_starts_nothing()
    {
        var result = await _cli.RunAsync("coordinator", "--set", "listen=nowhere");
        Assert.Equal(ExitCodes.Usage, result.Code);
        Assert.Contains("--set listen: listen: \"nowhere\" is not an address", result.Error, StringComparison.Ordinal);
        Assert.Null(_cli.Served);
    }

    [Fact]
    public async Task Serve_without_a_role_says_what_to_set()
    {
        var result = await _cli.RunAsync("serve");
        Assert.Equal(ExitCodes.Usage, result.Code);
        Assert.Contains("roles: [coordinator]", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_check_shows_values_and_sources_and_no_secret()
    {
        _cli.Variables["HANSE_POSTGRES_CONNECTION_STRING"] = "Host=db;Password=hunter2";
        var result = await _cli.RunAsync("config", "check");
        Assert.Equal(ExitCodes.Ok, result.Code);
        Assert.Matches(@"postgres\.connectionString +\(set\) +HANSE_POSTGRES_CONNECTION_STRING", result.Out);
        Assert.DoesNotContain("hunter2", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_check_fails_by_line()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "log:\n  level: loud\n");
        var result = await _cli.RunAsync("config", "check", file);
        File.Delete(file);
        Assert.Equal(ExitCodes.Failed, result.Code);
        Assert.StartsWith($"{file}:2: log.level: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _hanse hanse")]
    [InlineData("zsh", "compdef _hanse hanse")]
    [InlineData("fish", "complete -c hanse")]
    public async Task Completion_prints_a_script(string shell, string has) =>
        Assert.Contains(has, (await _cli.RunAsync("completion", shell)).Out, StringComparison.Ordinal);

    [Fact]
    public async Task The_shell_can_ask_what_comes_next() =>
        Assert.Equal("host\n", (await _cli.RunAsync("[suggest:8]", "hanse ho")).Out);

    [Fact]
    public async Task Without_a_profile_the_first_step_is_named()
    {
        var result = await _cli.RunAsync("site", "list");
        Assert.Equal(ExitCodes.Denied, result.Code);
        Assert.Contains("hanse login https://host:port", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_that_others_can_read_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_cli.ProfilePath)!);
        await File.WriteAllTextAsync(_cli.ProfilePath, "address: https://localhost:1\n");
        File.SetUnixFileMode(_cli.ProfilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var result = await _cli.RunAsync("site", "list");
        Assert.Equal(ExitCodes.Denied, result.Code);
        Assert.Contains("chmod 600", result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<(string Path, System.CommandLine.Command Verb)> Leaves(System.CommandLine.Command command, string path) =>
        command.Subcommands.SelectMany(sub => Leaves(sub, $"{path} {sub.Name}"))
            .Concat(command is CliCommand ? [(path, command)] : []);
}
