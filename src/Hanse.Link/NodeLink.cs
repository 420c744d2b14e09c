using Google.Protobuf;
using Hanse.Link.Calls;
using Hanse.Link.Frames;
using Hanse.Link.Pulse;
using Hanse.Link.Streams;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;

namespace Hanse.Link;

/// <summary>
/// One live link between two nodes (L1): requests, events and streams both ways, after the hello. All members may be used from any
/// thread. An idle link holds no buffer, no timer of its own, and no task but its receive loop. Whoever made it (acceptor, keeper, or a
/// caller of the dialer) runs <see cref="RunAsync"/> exactly once; requests work from then until it ends.
/// </summary>
public sealed class NodeLink
{
    private readonly FrameSocket _frames;
    private readonly ILinkHandler _handler;
    private readonly LinkLimits _limits;
    private readonly PulseWheel _wheel;
    private readonly LinkTerms _terms;
    private readonly PendingCalls _pending;
    private readonly InboundCalls _inbound;
    private readonly LinkPulse _pulse;
    private StreamTable? _streams;
    private CancellationTokenSource? _ended;
    private LinkEnd? _end;
    private int _closing;
    private bool _peerClosed;

    internal NodeLink(FrameSocket frames, NodeIdentity local, LinkPeer peer, LinkTerms terms, ILinkHandler handler, LinkLimits limits, PulseWheel wheel)
    {
        (_frames, LocalIdentity, Peer, _terms, _handler, _limits, _wheel) = (frames, local, peer, terms, handler, limits, wheel);
        _frames.MaxSendBytes = terms.MaxSendBytes;
        _pending = new PendingCalls(terms.PeerMaxInFlight);
        _inbound = new InboundCalls(this, handler, frames, limits, wheel.Clock);
        _pulse = new LinkPulse(this, frames, terms, limits, wheel.Clock);
    }

    public NodeIdentity LocalIdentity { get; }

    public LinkPeer Peer { get; }

    public NodeIdentity PeerIdentity => Peer.Identity;

    /// <summary>True on the side that opened the connection.</summary>
    public bool Dialled => _terms.Dialled;

    /// <summary>The fence of this link (L6); zero where there is none.</summary>
    public ulong Fence => _terms.Fence;

    /// <summary>The interval in force; the server may change it while the link lives.</summary>
    public TimeSpan Heartbeat => _pulse.Heartbeat;

    /// <summary>How long ago the last whole frame of the peer arrived.</summary>
    public TimeSpan SilentFor => _pulse.SilentFor;

    /// <summary>Whatever the owner wants to keep with the link.</summary>
    public object? State { get; set; }

    /// <summary>Why it ended; null while it lives.</summary>
    public LinkEnd? End => Volatile.Read(ref _end);

    /// <summary>Fires when the link has ended.</summary>
    public CancellationToken Ended
    {
        get
        {
            if (Volatile.Read(ref _ended) is { } source)
            {
                return source.Token;
            }

            if (End is not null)
            {
                return new CancellationToken(canceled: true);
            }

            var fresh = new CancellationTokenSource();
            var winner = Interlocked.CompareExchange(ref _ended, fresh, null) ?? fresh;
            if (End is not null)
            {
                winner.Cancel();
            }

            return winner.Token;
        }
    }

    /// <summary>Dispatches what arrives until the link ends, and says why it did. Never throws for what a peer or a network does.</summary>
    public async Task<LinkEnd> RunAsync()
    {
        _pulse.Start(_wheel);
        _handler.OnOpened(this);
        try
        {
            while (!await StepAsync().ConfigureAwait(false))
            {
            }
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            Conclude(LinkFaults.Broken(broken));
        }

        await LeaveAsync().ConfigureAwait(false);
        var end = Conclude(LinkFaults.Broken(null));
        await _handler.OnEndedAsync(this, end).ConfigureAwait(false);
        return end;
    }

    /// <summary>Asks the peer. The answer, the peer's typed error, <c>deadline-passed</c> after <paramref name="timeLeft"/>, and
    /// <c>too-many-requests</c> or <c>frame-too-large</c> before anything was sent, are values.</summary>
    /// <exception cref="LinkException">The link is down, or went down before the answer came.</exception>
    /// <exception cref="ArgumentException">The manifest does not let this node call the method at this peer, or with this message.</exception>
    public async ValueTask<LinkResult<TResponse>> RequestAsync<TResponse>(
        Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation = default)
        where TResponse : class, IMessage<TResponse>, new()
    {
        RequirePermitted(method, request);
        cancellation.ThrowIfCancellationRequested();
        if (timeLeft <= TimeSpan.Zero)
        {
            return LinkResult<TResponse>.Fail(ResponseReader.DeadlinePassed(method));
        }

        if (!_pending.TryAdd(out var id, out var answer))
        {
            return LinkResult<TResponse>.Fail(ErrorCodes.TooManyRequests, $"{_terms.PeerMaxInFlight} requests are under way on this link already.");
        }

        using var time = new CallTime(timeLeft, cancellation, _wheel.Clock);
        try
        {
            var frame = new Request { Id = id, Method = (uint)method, Payload = request.ToByteString(), TimeLeftMs = Milliseconds(timeLeft) };
            await SendAsync(new Envelope { Request = frame }, time.Token).ConfigureAwait(false);
            return ResponseReader.Read<TResponse>(method, await answer.Task.WaitAsync(time.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return LinkResult<TResponse>.Fail(ResponseReader.DeadlinePassed(method));
        }
        catch (FrameTooLargeException tooLarge)
        {
            return LinkResult<TResponse>.Fail(ErrorCodes.FrameTooLarge, tooLarge.Message);
        }
        finally
        {
            _pending.Remove(id);
        }
    }

    /// <summary>Sends a one-way event: sent, not received, once the task ends.</summary>
    /// <exception cref="LinkException">The link is down.</exception>
    public async ValueTask SendEventAsync(Method method, IMessage message, CancellationToken cancellation = default)
    {
        RequirePermitted(method, message);
        await SendAsync(new Envelope { Event = new Event { Method = (uint)method, Payload = message.ToByteString() } }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Opens a stream. A refusal by the peer shows at the first read or write that waits; the local limit is a value.</summary>
    /// <exception cref="LinkException">The link is down.</exception>
    public async ValueTask<LinkResult<LinkStream>> OpenStreamAsync(Method method, IMessage opening, CancellationToken cancellation = default)
    {
        RequirePermitted(method, opening);
        if (Streams().Open(method) is not { } stream)
        {
            return LinkResult<LinkStream>.Fail(ErrorCodes.TooManyStreams, $"{_terms.PeerMaxStreams} streams are open on this link already.");
        }

        var frame = new StreamOpen { Id = stream.Id, Method = (uint)method, Payload = opening.ToByteString(), Credit = (uint)Streams().Window };
        try
        {
            await SendAsync(new Envelope { StreamOpen = frame }, cancellation).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            stream.Fail(failed);
            throw;
        }

        return LinkResult<LinkStream>.Ok(stream);
    }

    /// <summary>Asks whether the peer is there; false if it did not answer in time or the link is down. The clone check of J5 uses it.</summary>
    public ValueTask<bool> PingAsync(TimeSpan timeout, CancellationToken cancellation = default) => _pulse.PingAsync(timeout, cancellation);

    /// <summary>Says goodbye and ends the link. Returns when the goodbye is on its way; a peer that does not answer it is cut off after
    /// <see cref="LinkLimits.CloseGrace"/>.</summary>
    /// <param name="error">What the peer is told.</param>
    /// <param name="retryAfter">The peer is to come back no sooner (L5).</param>
    public ValueTask CloseAsync(Error error, TimeSpan retryAfter = default) => CloseAsync(new LinkEnd(LinkEndKind.ClosedHere, error, retryAfter));

    /// <summary>Why the link is down, or is about to be, after a send failed.</summary>
    internal LinkException Broken(Exception cause) => new(Conclude(LinkFaults.Broken(cause)));

    /// <summary>A send failed: cuts the connection, and the receive loop ends at once. Once our goodbye is under way every send fails; that must not
    /// cut off the goodbye.</summary>
    internal void Abort(Exception cause)
    {
        if (Volatile.Read(ref _closing) == 0)
        {
            Abort(LinkFaults.Broken(cause));
        }
    }

    internal void Abort(LinkEnd end)
    {
        Conclude(end);
        _frames.Abort();
    }

    private async ValueTask<bool> StepAsync() => Dispatch(await _frames.ReceiveAsync(_limits.MaxFrameBytes).ConfigureAwait(false));

    /// <summary>True when the frame was the last. Synchronous, so that no frame stays referenced while the link waits.</summary>
    private bool Dispatch(Frame frame)
    {
        _pulse.Received();
        var fault = frame.Error;
        if (frame.Envelope is { } envelope)
        {
            if (envelope.BodyCase == Envelope.BodyOneofCase.Goodbye)
            {
                var error = envelope.Goodbye.Error ?? LinkErrors.Of(ErrorCodes.LinkClosing, "The peer gave no reason.");
                Conclude(new LinkEnd(LinkEndKind.ClosedByPeer, error, TimeSpan.FromMilliseconds(envelope.Goodbye.RetryAfterMs)));
                return true;
            }

            fault = Handle(envelope);
        }

        if (fault is not null)
        {
            _ = CloseAsync(new LinkEnd(LinkEndKind.Violation, fault, TimeSpan.Zero)).AsTask();
        }

        _peerClosed = frame.IsClosed;
        return fault is not null || _peerClosed;
    }

    private Error? Handle(Envelope envelope)
    {
        switch (envelope.BodyCase)
        {
            case Envelope.BodyOneofCase.Request:
                return _inbound.Begin(envelope.Request);
            case Envelope.BodyOneofCase.Event:
                return _inbound.Begin(envelope.Event);
            case Envelope.BodyOneofCase.Response:
                _pending.Complete(envelope.Response);
                return null;
            case Envelope.BodyOneofCase.Ping:
                _pulse.OnPing(envelope.Ping);
                return null;
            case Envelope.BodyOneofCase.Pong:
                _pulse.OnPong(envelope.Pong);
                return null;
            case Envelope.BodyOneofCase.StreamOpen:
                return Streams().OnOpen(envelope.StreamOpen, _inbound.Judge(envelope.StreamOpen.Method));
            case Envelope.BodyOneofCase.StreamData:
                _streams?.OnData(envelope.StreamData);
                return null;
            case Envelope.BodyOneofCase.StreamCredit:
                _streams?.Find(envelope.StreamCredit.Id)?.OnCredit(envelope.StreamCredit.Bytes);
                return null;
            case Envelope.BodyOneofCase.StreamEnd:
                _streams?.Find(envelope.StreamEnd.Id)?.OnEnd(envelope.StreamEnd.Error);
                return null;
            default:
                return LinkErrors.Of(ErrorCodes.OutOfOrderFrame, $"A {envelope.BodyCase} does not belong here: the hello is over.");
        }
    }

    private async ValueTask CloseAsync(LinkEnd end)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
        {
            return;
        }

        Conclude(end);
        _pulse.Closing(_wheel);
        try
        {
            var goodbye = new Goodbye { Error = end.Error, RetryAfterMs = Milliseconds(end.RetryAfter) };
            await _frames.SendAsync(new Envelope { Goodbye = goodbye }, CancellationToken.None).ConfigureAwait(false);
            await _frames.CloseOutputAsync().ConfigureAwait(false);
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            _frames.Abort();
        }
    }

    /// <summary>Closes what is still open. A peer that does not take part is cut off by the wheel.</summary>
    private async ValueTask LeaveAsync()
    {
        _pulse.Closing(_wheel);
        try
        {
            await _frames.CloseOutputAsync().ConfigureAwait(false);
            if (!_peerClosed)
            {
                await _frames.DrainAsync().ConfigureAwait(false);
            }
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            _frames.Abort();
        }

        _pulse.Stop(_wheel);
        _frames.Dispose();
    }

    /// <summary>Settles why the link ended, once; later reasons follow from the first.</summary>
    private LinkEnd Conclude(LinkEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is { } earlier)
        {
            return earlier;
        }

        _pending.End(end);
        Volatile.Read(ref _streams)?.End(end);
        Volatile.Read(ref _ended)?.Cancel();
        return end;
    }

    private async ValueTask SendAsync(Envelope envelope, CancellationToken cancellation)
    {
        if (End is { } end)
        {
            throw new LinkException(end);
        }

        try
        {
            // The frame is never cut in the middle, but nobody waits for it beyond his time.
            var sent = _frames.SendAsync(envelope, cancellation);
            await (sent.IsCompleted ? sent : new ValueTask(sent.AsTask().WaitAsync(cancellation))).ConfigureAwait(false);
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            throw Broken(broken);
        }
    }

    private StreamTable Streams()
    {
        if (Volatile.Read(ref _streams) is { } table)
        {
            return table;
        }

        var fresh = new StreamTable(this, _handler, _frames, Math.Min(_limits.MaxStreams, _terms.PeerMaxStreams), _limits.StreamWindowBytes);
        table = Interlocked.CompareExchange(ref _streams, fresh, null) ?? fresh;
        if (End is { } end)
        {
            table.End(end);
        }

        return table;
    }

    private void RequirePermitted(Method method, IMessage message)
    {
        if (!MethodManifest.Permits((uint)method, LocalIdentity.Kind, PeerIdentity.Kind))
        {
            throw new ArgumentException($"A {LocalIdentity.Kind} may not call {method} at a {PeerIdentity.Kind}.", nameof(method));
        }

        if (MethodManifest.Find((uint)method)!.Request != message.Descriptor)
        {
            throw new ArgumentException($"{message.Descriptor.Name} is not the request of {method}.", nameof(message));
        }
    }

    private static uint Milliseconds(TimeSpan span) => (uint)Math.Clamp(span.TotalMilliseconds, 0, uint.MaxValue);
}
