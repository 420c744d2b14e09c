using Hanse.Fuzz.Tests.Frames;
using Hanse.TestKit;

namespace Hanse.Fuzz.Tests.Links;

/// <summary>A server that says damaged things to those who dialled it: the real agent and the real site go on, and are there when it is itself again.
/// A node trusts its server, so a well-formed order is obeyed: what is asked for here is that nobody dies, hangs or answers with a bug.</summary>
public sealed class DownwardFuzzTests(FuzzedFederation federation) : IClassFixture<FuzzedFederation>
{
    private const int Burst = 40;

    [Fact]
    public async Task Nodes_whose_server_says_damaged_things_go_on()
    {
        await UseEverythingAsync();
        if (Environment.GetEnvironmentVariable("HANSE_UPDATE") == "1")
        {
            Recording.Save(federation.Heard);
        }

        await SayAsync(federation.SiteTap, FrameWay.SiteToAgent);
        await SayAsync(federation.CoordinatorTap, FrameWay.CoordinatorToSite);
        await federation.CheckAsync("hostile servers");
        var bugs = federation.Heard.Select(f => Hanse.Link.Frames.FrameReader.Read(f.Bytes).Envelope?.Response?.Error).Where(e => e is { Code: Protocol.Errors.ErrorCodes.InternalError });
        Assert.Empty(bugs);
    }

    /// <summary>One of every kind of call, so that the recording has them: commands with output, a cancel, detail, a refresh.</summary>
    private async Task UseEverythingAsync()
    {
        var coordinator = federation.Server.Coordinator;
        await Wait.For("the host in the directory", async () => await RealServer.TryAsync(coordinator, $"hosts/{federation.AgentHost}") is not null, TimeSpan.FromSeconds(60));
        var ended = await CommandAsync("/bin/echo", "hello");
        await Wait.For("the command to end", async () => await StateAsync(ended) == "completed", TimeSpan.FromSeconds(60));
        await Wait.For(
            "the output", async () => await RealServer.TryAsync(coordinator, $"commands/{ended}/executions/{federation.AgentHost}/output?stream=stdout") is not null);
        var cancelled = await CommandAsync("/bin/sleep", "60");
        await Wait.For("the command to run", async () => await StateAsync(cancelled) == "in-progress", TimeSpan.FromSeconds(60));
        Assert.InRange((await RealServer.PostAsync(coordinator, $"commands/{cancelled}/cancel", new { })).Status, 200, 299);
        await Wait.For("the command to be cancelled", async () => await StateAsync(cancelled) == "cancelled", TimeSpan.FromSeconds(60));
        await Wait.For("the detail", async () => await RealServer.TryAsync(coordinator, $"hosts/{federation.AgentHost}/sections/system") is not null);
    }

    private async Task<string> CommandAsync(params string[] arguments)
    {
        var (status, body) = await RealServer.PostAsync(
            federation.Server.Coordinator, "commands", new { hosts = new[] { federation.AgentHost }, script = new { arguments }, deadline = "1m", reason = "fuzz" });
        Assert.True(status == 201, body.ToString());
        return body.GetProperty("id").GetString()!;
    }

    private async Task<string?> StateAsync(string command) =>
        await RealServer.TryAsync(federation.Server.Coordinator, $"commands/{command}") is { } shown ? shown.GetProperty("state").GetString() : null;

    private async Task SayAsync(LinkTap tap, FrameWay way)
    {
        foreach (var known in RecordedFrames.Regressions(way))
        {
            Assert.True(await tap.TryInjectAsync(known), $"No link of {way} for a frame that once broke something.");
        }

        var recorded = RecordedFrames.Of(way);
        var sent = 0;
        foreach (var number in new FuzzTime().Cases())
        {
            var dice = Chance.Of(Chance.Seed, number);
            for (var i = 0; i < Burst; i++)
            {
                // Only whole requests: anything else ends the link, and a link that ended is not dialled again at once.
                sent += Damaged(recorded, dice) is { } frame && await tap.TryInjectAsync(frame) ? 1 : 0;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.True(sent > 100, $"Only {sent} frames of {way} found a link; {Chance.Repeat("fuzz")}");
    }

    private static byte[]? Damaged(IReadOnlyList<byte[]> recorded, Random dice)
    {
        var frame = FrameMutator.Mutate(recorded, dice);
        return Hanse.Link.Frames.FrameReader.Read(frame).Envelope?.Request is null ? null : frame;
    }
}
