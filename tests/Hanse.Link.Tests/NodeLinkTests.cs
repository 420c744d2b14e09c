using System.Net.WebSockets;
using Google.Protobuf;
using Hanse.Link.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Link.Tests;

/// <summary>Requests and events over a live link (L1), their limits (L4), and every way a link ends.</summary>
public class NodeLinkTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Given_a_link_When_both_sides_ask_at_once_Then_each_gets_its_own_answer()
    {
        using var scene = new LinkScene();
        var (agent, site) = await scene.ConnectAsync();
        scene.SiteHandler.Answer = (_, _, _) => ValueTask.FromResult(LinkReply.Of(new InventoryReceipt { Wanted = { "packages" } }));
        scene.AgentHandler.Answer = (_, _, _) => ValueTask.FromResult(LinkReply.Of(new ExecutionReport { Reason = "ok" }));

        var up = agent.RequestAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport(), Minute);
        var down = site.RequestAsync<ExecutionReport>(Method.ExecutionOffer, new ExecutionOffer(), Minute);

        Assert.Equal("packages", Assert.Single((await up).Value!.Wanted));
        Assert.Equal("ok", (await down).Value!.Reason);
    }

    [Fact]
    public async Task Given_a_refusing_handler_When_asked_Then_its_typed_error_is_a_value()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();
        scene.SiteHandler.Answer = (_, _, _) => ValueTask.FromResult(LinkReply.Refuse("disk-full", "No room.", "sections"));

        var result = await agent.RequestAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport(), Minute);

        Assert.False(result.Succeeded);
        Assert.Equal(("disk-full", "sections"), (result.Error!.Code, result.Error.Field));
    }

    [Fact]
    public async Task Given_a_handler_that_throws_When_asked_Then_the_peer_learns_no_detail_and_the_link_lives()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();
        scene.SiteHandler.Answer = (_, _, _) => throw new InvalidOperationException("secret detail");

        var result = await agent.RequestAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport(), Minute);

        Assert.Equal(ErrorCodes.InternalError, result.Error!.Code);
        Assert.DoesNotContain("secret", result.Error.Message, StringComparison.Ordinal);
        Assert.Single(scene.SiteHandler.Faults);
        Assert.True(await agent.PingAsync(Minute));
    }

    [Fact]
    public async Task Given_an_answer_that_is_ready_after_our_goodbye_When_it_is_dropped_Then_the_goodbye_is_not_cut_off()
    {
        using var scene = new LinkScene();
        var (begun, answer) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource<LinkReply>());
        scene.SiteHandler.Answer = (_, _, _) =>
        {
            begun.SetResult();
            return new(answer.Task);
        };
        var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        await peer.SendAsync(new Envelope { Request = new Request { Id = 1, Method = (uint)Method.InventoryReport } });
        await Wait.ForTask("the request to be served", begun.Task);
        await peer.SendBytesAsync([0xff]);
        var goodbye = await peer.ReceiveGoodbyeAsync();

        // The answer is dealt with on the thread that completes it.
        await Task.Run(() => answer.SetResult(LinkReply.Done));

        Assert.Equal(ErrorCodes.MalformedFrame, goodbye.Error.Code);
        Assert.False(scene.SiteWire.IsDisposed);
        await peer.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        Assert.Equal(ErrorCodes.MalformedFrame, (await Wait.ForTask("the link to end", scene.SiteRun)).Error.Code);
    }

    [Fact]
    public async Task Given_a_method_of_the_other_direction_When_called_Then_it_is_a_bug_here()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();

        await Assert.ThrowsAsync<ArgumentException>(async () => await agent.RequestAsync<ExecutionReport>(Method.ExecutionOffer, new ExecutionOffer(), Minute));
        await Assert.ThrowsAsync<ArgumentException>(async () => await agent.RequestAsync<InventoryReceipt>(Method.InventoryReport, new ExecutionOffer(), Minute));
    }

    [Theory]
    [InlineData(9999u, ErrorCodes.UnknownMethod)]
    [InlineData((uint)Method.RecordBatch, ErrorCodes.MethodNotPermitted)]
    [InlineData((uint)Method.ExecutionOffer, ErrorCodes.MethodNotPermitted)]
    public async Task Given_a_peer_that_calls_what_it_may_not_When_it_does_Then_it_gets_a_typed_error_and_keeps_its_link(uint method, string code)
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);

        await peer.SendAsync(new Envelope { Request = new Request { Id = 5, Method = method } });

        var response = (await peer.ReceiveAsync())!.Response;
        Assert.Equal((5UL, code), (response.Id, response.Error.Code));
        await peer.SendAsync(new Envelope { Ping = new Ping { Sequence = 1 } });
        Assert.Equal(1UL, (await peer.ReceiveAsync())!.Pong.Sequence);
    }

    [Fact]
    public async Task Given_a_payload_of_another_message_When_it_comes_Then_the_answer_is_malformed_message()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);

        await peer.SendAsync(new Envelope { Request = new Request { Id = 1, Method = (uint)Method.InventoryReport, Payload = ByteString.CopyFrom(0xff) } });

        Assert.Equal(ErrorCodes.MalformedMessage, (await peer.ReceiveAsync())!.Response.Error.Code);
    }

    [Fact]
    public async Task Given_an_answer_that_does_not_come_When_the_time_is_over_Then_both_sides_give_up()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.SiteHandler.Answer = async (call, _, cancellation) =>
        {
            Assert.Equal(TimeSpan.FromSeconds(5), call.TimeLeft);
            cancellation.UnsafeRegister(_ => cancelled.TrySetResult(), null);
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.Clock, cancellation);
            return LinkReply.Done;
        };
        var asking = agent.RequestAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport(), TimeSpan.FromSeconds(5)).AsTask();
        await Wait.ForTask("the handler to begin", began.Task);

        scene.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(ErrorCodes.DeadlinePassed, (await Wait.ForTask("the answer", asking)).Error!.Code);
        await Wait.ForTask("the handler to be cancelled", cancelled.Task);
    }

    [Fact]
    public async Task Given_the_callers_limit_is_reached_When_it_asks_once_more_Then_it_gets_a_typed_error_at_once()
    {
        using var scene = new LinkScene(LinkLimits.Default with { MaxInFlight = 2 });
        var (agent, _) = await scene.ConnectAsync();
        var gate = new TaskCompletionSource<LinkReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.SiteHandler.Answer = (_, _, _) => new ValueTask<LinkReply>(gate.Task);
        var waiting = Enumerable.Range(0, 2).Select(_ => Report(agent)).ToArray();

        var third = await Wait.ForTask("the refusal", Report(agent));

        Assert.Equal(ErrorCodes.TooManyRequests, third.Error!.Code);
        gate.SetResult(LinkReply.Of(new InventoryReceipt()));
        Assert.All(await Wait.ForTask("the answers", Task.WhenAll(waiting)), result => Assert.True(result.Succeeded));
    }

    [Fact]
    public async Task Given_a_peer_that_ignores_the_limit_When_it_asks_once_more_Then_only_that_request_is_refused()
    {
        using var scene = new LinkScene(LinkLimits.Default with { MaxInFlight = 2 });
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        var gate = new TaskCompletionSource<LinkReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.SiteHandler.Answer = (_, _, _) => new ValueTask<LinkReply>(gate.Task);

        for (var id = 1UL; id <= 3; id++)
        {
            await peer.SendAsync(new Envelope { Request = new Request { Id = id, Method = (uint)Method.InventoryReport } });
        }

        var refused = (await peer.ReceiveAsync())!.Response;
        Assert.Equal((3UL, ErrorCodes.TooManyRequests), (refused.Id, refused.Error.Code));
        gate.SetResult(LinkReply.Of(new InventoryReceipt()));
        var answered = new[] { (await peer.ReceiveAsync())!.Response, (await peer.ReceiveAsync())!.Response };
        Assert.Equal([1UL, 2UL], answered.Select(response => response.Id).Order());
    }

    [Fact]
    public async Task Given_requests_under_way_When_the_connection_is_cut_Then_they_fail_at_once_and_so_do_later_ones()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.SiteHandler.Answer = async (_, _, cancellation) =>
        {
            began.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.Clock, cancellation);
            return LinkReply.Done;
        };
        var asking = Report(agent);
        await Wait.ForTask("the request to arrive", began.Task);

        scene.Wire.Cut();

        await Assert.ThrowsAsync<LinkException>(() => Wait.ForTask("the request to fail", asking));
        Assert.Equal(LinkEndKind.Broken, (await Wait.ForTask("the agent's end", scene.AgentRun)).Kind);
        await Assert.ThrowsAsync<LinkException>(() => Report(agent));
        Assert.True(agent.Ended.IsCancellationRequested);
        await Wait.ForTask("the site's end", scene.SiteHandler.Ended.Task);
    }

    [Fact]
    public async Task Given_a_link_When_one_side_closes_Then_the_other_learns_why_and_when_to_return()
    {
        using var scene = new LinkScene();
        var (_, site) = await scene.ConnectAsync();

        await site.CloseAsync(LinkErrors.Of("banned", "Banned by an administrator."), TimeSpan.FromMinutes(10));

        var here = await Wait.ForTask("the site's end", scene.SiteRun);
        var there = await Wait.ForTask("the agent's end", scene.AgentRun);
        Assert.Equal((LinkEndKind.ClosedHere, LinkEndKind.ClosedByPeer), (here.Kind, there.Kind));
        Assert.Equal(("banned", TimeSpan.FromMinutes(10)), (there.Error.Code, there.RetryAfter));
        Assert.Equal(0, scene.Acceptor.Count);
    }

    [Fact]
    public async Task Given_a_peer_that_does_not_answer_a_goodbye_When_the_grace_is_over_Then_it_is_cut_off()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        var site = await Wait.ForTask("the site's link", scene.SiteHandler.Opened.Task);

        await site.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "Bye."));
        Assert.False(scene.SiteRun.IsCompleted);
        scene.Clock.Advance(scene.Limits.CloseGrace + TimeSpan.FromSeconds(1));

        Assert.Equal(LinkEndKind.ClosedHere, (await Wait.ForTask("the site's end", scene.SiteRun)).Kind);
    }

    [Fact]
    public async Task Given_many_senders_When_they_send_at_once_Then_no_frame_is_torn_and_each_gets_its_own_answer()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();
        scene.SiteHandler.Answer = (_, request, _) =>
            ValueTask.FromResult(LinkReply.Of(new InventoryReceipt { Wanted = { ((InventoryReport)request).Sections[0].Name } }));

        var answers = await Wait.ForTask("all answers", Task.WhenAll(Enumerable.Range(0, 60).Select(async n =>
        {
            var section = new Section { Name = $"s{n}", Body = ByteString.CopyFrom(new byte[n * 500]) };
            var result = await agent.RequestAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport { Sections = { section } }, Minute);
            return (Expected: $"s{n}", result.Value!.Wanted[0]);
        })));

        Assert.All(answers, answer => Assert.Equal(answer.Expected, answer.Item2));
    }

    [Fact]
    public async Task Given_a_request_larger_than_a_frame_When_asked_Then_it_is_refused_here_and_the_link_lives()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();
        var section = new Section { Body = ByteString.CopyFrom(new byte[scene.Limits.MaxFrameBytes]) };

        var result = await agent.RequestAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport { Sections = { section } }, Minute);

        Assert.Equal(ErrorCodes.FrameTooLarge, result.Error!.Code);
        Assert.True(await agent.PingAsync(Minute));
    }

    [Fact]
    public async Task Given_an_answer_larger_than_a_frame_When_it_is_sent_Then_the_caller_gets_a_typed_error()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();
        scene.SiteHandler.Answer = (_, _, _) =>
            ValueTask.FromResult(LinkReply.Of(new InventoryReceipt { Wanted = { new string('x', scene.Limits.MaxFrameBytes) } }));

        Assert.Equal(ErrorCodes.FrameTooLarge, (await Report(agent)).Error!.Code);
    }

    [Fact]
    public async Task Given_an_oversized_frame_When_it_comes_Then_the_goodbye_is_typed_and_other_links_stay()
    {
        using var scene = new LinkScene();
        using var peer = scene.ConnectRaw();
        await peer.GreetAsync(scene);
        var sending = peer.SendBytesAsync(new byte[scene.Limits.MaxFrameBytes + 1]);

        var goodbye = await peer.ReceiveGoodbyeAsync();

        Assert.Equal(ErrorCodes.FrameTooLarge, goodbye.Error.Code);
        await peer.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        Assert.Equal(LinkEndKind.Violation, (await Wait.ForTask("the site's end", scene.SiteRun)).Kind);
        await Wait.ForTask("the frame to be taken", sending);
    }

    [Fact]
    public async Task Given_an_event_When_sent_Then_the_peers_handler_gets_it_once()
    {
        using var scene = new LinkScene();
        var (agent, _) = await scene.ConnectAsync();

        await agent.SendEventAsync(Method.OutputReport, new OutputReport());

        await Wait.For("the event", () => scene.SiteHandler.Events.Count == 1);
    }

    private static Task<LinkResult<InventoryReceipt>> Report(NodeLink agent) =>
        agent.RequestAsync<InventoryReceipt>(Method.InventoryReport, new InventoryReport(), Minute).AsTask();
}
