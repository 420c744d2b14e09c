using Hanse.Server.Cli;
using Hanse.Server.Cli.Sites;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Cli;

/// <summary>Joining a site on another machine: by the real ssh to a real sshd, which runs the real <c>hanse</c> beside a site's socket.</summary>
public sealed class SshJoinTests : IAsyncLifetime
{
    private const string JoinString = "hanse1:the-secret-of-this-test";
    private readonly CliHarness _cli = new() { Input = JoinString + "\n" };
    private FakeApi _site = null!;
    private Sshd _sshd = null!;

    public async ValueTask InitializeAsync()
    {
        _site = await FakeApi.StartAsync();
        _sshd = await Sshd.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _sshd.DisposeAsync();
        await _site.DisposeAsync();
        _cli.Dispose();
    }

    [Fact]
    public async Task The_join_string_arrives_on_standard_input_and_what_is_said_there_is_said_here()
    {
        var result = await JoinAsync("127.0.0.1", RealProcess.Program("hanse"));

        Assert.Equal((ExitCodes.Ok, "Joined as north.\n", ""), (result.Code, result.Out, result.Error));
        var (what, body) = Assert.Single(_site.Taken);
        Assert.Equal(("join", JoinString), (what, (string)body["joinString"]!));
    }

    [Fact]
    public async Task A_refusal_there_is_the_refusal_here()
    {
        var result = await JoinAsync("127.0.0.1", RealProcess.Program("hanse"), "--address", "unix:/nonexistent.sock");

        Assert.Equal(ExitCodes.Unreachable, result.Code);
        Assert.Contains("Is the server running", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_not_there_and_a_host_that_is_not_known_are_told_apart()
    {
        var missing = await JoinAsync("127.0.0.1", "/nonexistent/hanse");
        Assert.Equal(127, missing.Code);
        Assert.Contains("nonexistent", missing.Error, StringComparison.Ordinal);

        var stranger = await JoinAsync("localhost", RealProcess.Program("hanse")); // its key is known under its address only
        Assert.Equal(ExitCodes.Unreachable, stranger.Code);
        Assert.Contains("the join string is unused", stranger.Error, StringComparison.Ordinal);
        Assert.Empty(_site.Taken);
    }

    [Fact]
    public async Task What_would_be_an_option_of_ssh_is_no_destination()
    {
        var result = await JoinAsync("-oProxyCommand=touch /tmp/never", "hanse");

        Assert.Equal((ExitCodes.Usage, ""), (result.Code, result.Out));
    }

    [Theory]
    [InlineData("/opt/hanse", "/opt/hanse")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's; rm -rf", "'it'\\''s; rm -rf'")]
    [InlineData("", "''")]
    [InlineData("$(id)", "'$(id)'")]
    public void The_shell_there_sees_what_is_written_here(string argument, string quoted) => Assert.Equal(quoted, SshJoin.Quote(argument));

    [Fact]
    public void The_join_string_is_in_no_argument() => Assert.DoesNotContain(
        JoinString, string.Join(' ', SshJoin.Arguments("root@north", ["Port=1"], ["hanse", "site", "join"], interactive: false)), StringComparison.Ordinal);

    private Task<CliResult> JoinAsync(string destination, string program, params string[] more) => _cli.RunAsync(
        [
            "site", "join", "--ssh", destination, "--remote-hanse", program, .. _sshd.Options.SelectMany(o => new[] { "--ssh-option", o }),
            .. more.Contains("--address") ? more : ["--address", _site.Unix, .. more],
        ]);
}
