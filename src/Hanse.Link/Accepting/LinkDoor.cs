using Hanse.Link.Frames;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Accepting;

/// <summary>The frames before a link exists: the hello under its deadline, the welcome, or a refusal. Whatever the peer does, each step
/// ends in time.</summary>
internal sealed class LinkDoor(FrameSocket frames, LinkLimits limits, TimeProvider clock)
{
    /// <summary>The receive that nobody waits for any more; receives must not overlap.</summary>
    private Task<Frame>? _abandoned;

    /// <summary>The hello, or why there is none.</summary>
    public async ValueTask<(Hello? Hello, LinkEnd? Fault)> ReceiveHelloAsync(CancellationToken cancellation)
    {
        var receive = frames.ReceiveAsync(limits.MaxHelloBytes).AsTask();
        try
        {
            var frame = await receive.WaitAsync(limits.HelloDeadline, clock, cancellation).ConfigureAwait(false);
            return frame.Envelope?.Hello is { } hello ? (hello, null) : (null, NotAHello(frame));
        }
        catch (TimeoutException)
        {
            _abandoned = receive;
            return (null, Violation(ErrorCodes.HelloTimeout, $"No hello came within {limits.HelloDeadline.TotalSeconds:0.#} s."));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            _abandoned = receive;
            return (null, new LinkEnd(LinkEndKind.ClosedHere, LinkErrors.Of(ErrorCodes.LinkClosing, "The server is stopping."), TimeSpan.Zero));
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            return (null, Broken(broken));
        }
    }

    /// <summary>Null once the frame is out.</summary>
    public async ValueTask<LinkEnd?> SendAsync(Envelope envelope)
    {
        try
        {
            await frames.SendAsync(envelope, CancellationToken.None).AsTask().WaitAsync(limits.HelloDeadline, clock).ConfigureAwait(false);
            return null;
        }
        catch (TimeoutException)
        {
            return Violation(ErrorCodes.PeerStalled, "The peer did not read its welcome.");
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            return Broken(broken);
        }
    }

    /// <summary>Tells the peer why, within the close grace, and cuts the connection.</summary>
    public async ValueTask<LinkEnd> RefuseAsync(LinkEnd end)
    {
        try
        {
            if (end.Kind != LinkEndKind.Broken)
            {
                await FarewellAsync(end).WaitAsync(limits.CloseGrace, clock).ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            // It does not read: cut it off.
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            // It left before it was told.
        }

        frames.Abort();
        frames.Dispose();
        return end;
    }

    private async Task FarewellAsync(LinkEnd end)
    {
        var goodbye = new Goodbye { Error = end.Error, RetryAfterMs = (uint)Math.Clamp(end.RetryAfter.TotalMilliseconds, 0, uint.MaxValue) };
        await frames.SendAsync(new Envelope { Goodbye = goodbye }, CancellationToken.None).ConfigureAwait(false);
        await frames.CloseOutputAsync().ConfigureAwait(false);
        if (_abandoned is null || !(await _abandoned.ConfigureAwait(false)).IsClosed)
        {
            await frames.DrainAsync().ConfigureAwait(false);
        }
    }

    private static LinkEnd NotAHello(Frame frame)
    {
        if (frame.IsClosed)
        {
            return new LinkEnd(LinkEndKind.Broken, LinkErrors.Of(ErrorCodes.LinkBroken, "The peer left before its hello."), TimeSpan.Zero);
        }

        return frame.Error is { } error
            ? new LinkEnd(LinkEndKind.Violation, error, TimeSpan.Zero)
            : Violation(ErrorCodes.OutOfOrderFrame, $"The first frame must be a hello, not a {frame.Envelope!.BodyCase}.");
    }

    private static LinkEnd Violation(string code, string message) => new(LinkEndKind.Violation, LinkErrors.Of(code, message), TimeSpan.Zero);

    private static LinkEnd Broken(Exception cause) =>
        new(LinkEndKind.Broken, LinkErrors.Of(ErrorCodes.LinkBroken, cause.Message), TimeSpan.Zero, cause);
}
