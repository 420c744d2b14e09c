using Hanse.Server.Cli;
using Hanse.Server.Cli.Output;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Cli;

public sealed class ProgressBarTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly StringWriter _error = new();
    private readonly CliHarness _host = new();

    [Fact]
    public void Given_a_person_When_work_goes_on_Then_one_line_shows_it_and_is_gone_at_the_end()
    {
        using (var bar = new ProgressBar(Context(interactive: true), "run"))
        {
            bar.Show(0, 4, "hosts");
            bar.Show(1, 4, "hosts"); // too soon to be drawn again
            _clock.Advance(TimeSpan.FromSeconds(1));
            bar.Show(2, 4, "hosts", "1 failed");
            bar.Show(4, 4, "hosts", "1 failed");
        }

        var lines = _error.ToString().Split("\r\u001b[2K", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [$"run [{new string('.', 30)}] 0/4 hosts", $"run [{new string('#', 15)}{new string('.', 15)}] 2/4 hosts, 1 failed", $"run [{new string('#', 30)}] 4/4 hosts, 1 failed"], lines);
        Assert.EndsWith("\r\u001b[2K", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Given_no_total_When_shown_Then_it_counts()
    {
        using var bar = new ProgressBar(Context(interactive: true), "backup");
        bar.Show(1234567, null, "bytes");

        Assert.EndsWith("backup: 1,234,567 bytes", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_nobody_When_a_stream_is_read_Then_nothing_is_drawn_and_every_byte_passes()
    {
        using var bar = new ProgressBar(Context(interactive: false), "verify");
        await using var counted = new ProgressStream(new MemoryStream([1, 2, 3]), 3, bar);
        using var copy = new MemoryStream();
        await counted.CopyToAsync(copy);

        Assert.Equal([1, 2, 3], copy.ToArray());
        Assert.Empty(_error.ToString());
    }

    public void Dispose()
    {
        _host.Dispose();
        _error.Dispose();
    }

    private CliContext Context(bool interactive) => new()
    {
        In = TextReader.Null, Out = TextWriter.Null, Error = _error, IsInteractive = interactive, Variables = new Dictionary<string, string>(), Server = _host, ReadHidden = () => null, Clock = _clock,
    };
}
