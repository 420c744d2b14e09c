using Google.Protobuf;
using Hanse.Link.Streams;
using Hanse.Link.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Link.Tests.Streams;

/// <summary>Streams move bytes both ways under credit, and only under credit (L1, L4).</summary>
public class LinkStreamTests
{
    private const Method Opened = Method.OutputReport;

    [Fact]
    public async Task Given_a_stream_When_more_than_the_window_is_written_Then_all_of_it_arrives_in_order()
    {
        using var scene = new LinkScene(LinkLimits.Default with { StreamWindowBytes = 4096 });
        var (agent, _) = await scene.ConnectAsync();
        scene.SiteHandler.Stream = async (_, inbound, cancellation) =>
        {
            var buffer = new byte[1000];
            while (await inbound.ReadAsync(buffer, cancellation) is > 0 and var count)
            {
                await inbound.WriteAsync(buffer.AsMemory(0, count), cancellation);
            }

            return null;
        };
        var sent = Enumerable.Range(0, 100_000).Select(n => (byte)(n * 7)).ToArray();

        var stream = (await agent.OpenStreamAsync(Opened, new OutputReport())).Value!;
        var writing = WriteAllAsync(stream, sent);
        var echoed = await Wait.ForTask("the echo", ReadAllAsync(stream));

        await Wait.ForTask("the writer", writing);
        Assert.Equal(sent, echoed);
    }

    [Fact]
    public async Task Given_a_reader_that_does_not_read_When_written_to_Then_the_writer_stops_at_the_window_and_the_link_is_free()
    {
        using var scene = new LinkScene(LinkLimits.Default with { StreamWindowBytes = 4096 });
        var (agent, _) = await scene.ConnectAsync();
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var total = 0;
        scene.SiteHandler.Stream = async (_, inbound, cancellation) =>
        {
            await read.Task;
            total = (await ReadAllAsync(inbound)).Length;
            return null;
        };
        var stream = (await agent.OpenStreamAsync(Opened, new OutputReport())).Value!;

        var writing = WriteAllAsync(stream, new byte[10_000]);
        await Wait.For("the credit to be used up", () => stream.SendCredit == 0);
        Assert.True(await agent.PingAsync(TimeSpan.FromMinutes(1)));
        Assert.False(writing.IsCompleted);
        read.SetResult();

        await Wait.ForTask("the writer", writing);
        await Wait.For("all to be read", () => total == 10_000);
    }

    [Fact]
    public async Task Given_a_peer_that_overdraws_its_credit_When_it_does_Then_the_stream_is_aborted_and_the_link_lives()
    {
        using var scene = new LinkScene(LinkLimits.Default with { StreamWindowBytes = 1000 });
        scene.SiteHandler.Stream = async (_, inbound, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.Clock, cancellation);
            return null;
        };
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        await peer.SendAsync(new Envelope { StreamOpen = new StreamOpen { Id = 1, Method = (uint)Opened, Credit = 10 } });
        Assert.Equal(1000u, (await peer.ReceiveAsync())!.StreamCredit.Bytes);

        await peer.SendAsync(Data(1, 600));
        await peer.SendAsync(Data(1, 600));

        var end = (await peer.ReceiveAsync())!.StreamEnd;
        Assert.Equal((1UL, ErrorCodes.CreditExceeded), (end.Id, end.Error.Code));
        await peer.SendAsync(new Envelope { Ping = new Ping { Sequence = 9 } });
        Assert.Equal(9UL, (await peer.ReceiveAsync())!.Pong.Sequence);
    }

    [Fact]
    public async Task Given_any_grants_When_a_stream_is_written_Then_never_more_is_on_the_wire_than_was_granted()
    {
        using var scene = new LinkScene();
        scene.SiteHandler.Stream = async (_, outbound, cancellation) =>
        {
            await outbound.WriteAsync(new byte[5000], cancellation);
            return null;
        };
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        await peer.SendAsync(new Envelope { StreamOpen = new StreamOpen { Id = 1, Method = (uint)Opened, Credit = 17 } });
        long granted = 17, received = 0;
        var random = new Random(4711);

        while (received < 5000)
        {
            var envelope = (await peer.ReceiveAsync())!;
            received += envelope.StreamData?.Payload.Length ?? 0;
            Assert.True(received <= granted, $"{received} bytes came where {granted} were granted (seed 4711)");
            if (received == granted)
            {
                var grant = (uint)random.Next(1, 900);
                granted += grant;
                await peer.SendAsync(new Envelope { StreamCredit = new StreamCredit { Id = 1, Bytes = grant } });
            }
        }

        Assert.Equal(5000, received);
    }

    [Fact]
    public async Task Given_a_handler_without_streams_When_one_is_opened_Then_reads_fail_with_its_typed_error()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();
        scene.SiteHandler.Stream = (_, _, _) => ValueTask.FromResult<Error?>(LinkErrors.Of(ErrorCodes.StreamUnsupported, "No."));

        var stream = (await agent.OpenStreamAsync(Opened, new OutputReport())).Value!;

        var failure = await Assert.ThrowsAsync<LinkStreamException>(() => Wait.ForTask("the refusal", ReadAllAsync(stream)));
        Assert.Equal(ErrorCodes.StreamUnsupported, failure.Error.Code);
    }

    [Fact]
    public async Task Given_as_many_streams_as_are_allowed_When_one_more_is_opened_Then_it_gets_a_typed_error()
    {
        using var scene = new LinkScene(LinkLimits.Default with { MaxStreams = 1 });
        scene.SiteHandler.Stream = async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.Clock, cancellation);
            return null;
        };
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        await peer.SendAsync(new Envelope { StreamOpen = new StreamOpen { Id = 1, Method = (uint)Opened } });
        Assert.NotNull((await peer.ReceiveAsync())!.StreamCredit);

        await peer.SendAsync(new Envelope { StreamOpen = new StreamOpen { Id = 3, Method = (uint)Opened } });

        Assert.Equal(ErrorCodes.TooManyStreams, (await peer.ReceiveAsync())!.StreamEnd.Error.Code);
    }

    [Theory]
    [InlineData(2UL)]
    [InlineData(0UL)]
    public async Task Given_a_stream_id_of_the_wrong_side_When_it_is_opened_Then_the_link_ends_with_a_typed_goodbye(ulong id)
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);

        await peer.SendAsync(new Envelope { StreamOpen = new StreamOpen { Id = id, Method = (uint)Opened } });

        Assert.Equal(ErrorCodes.OutOfOrderFrame, (await peer.ReceiveGoodbyeAsync()).Error.Code);
    }

    [Fact]
    public async Task Given_an_open_stream_When_the_link_is_cut_Then_reader_and_writer_fail()
    {
        using var scene = new LinkScene(LinkLimits.Default with { StreamWindowBytes = 100 });
        var (agent, _) = await scene.ConnectAsync();
        scene.SiteHandler.Stream = async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.Clock, cancellation);
            return null;
        };
        var stream = (await agent.OpenStreamAsync(Opened, new OutputReport())).Value!;
        var reading = ReadAllAsync(stream);
        var writing = WriteAllAsync(stream, new byte[1000]);

        scene.Wire.Cut();

        await Assert.ThrowsAsync<LinkException>(() => Wait.ForTask("the reader", reading));
        await Assert.ThrowsAsync<LinkException>(() => Wait.ForTask("the writer", writing));
    }

    private static Envelope Data(ulong id, int size) => new() { StreamData = new StreamData { Id = id, Payload = ByteString.CopyFrom(new byte[size]) } };

    private static async Task WriteAllAsync(LinkStream stream, byte[] bytes)
    {
        await stream.WriteAsync(bytes);
        await stream.CompleteAsync();
    }

    private static async Task<byte[]> ReadAllAsync(LinkStream stream)
    {
        var all = new MemoryStream();
        var buffer = new byte[3000];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
        {
            await all.WriteAsync(buffer.AsMemory(0, count));
        }

        return all.ToArray();
    }
}
