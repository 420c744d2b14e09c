using Hanse.Link.Calls;
using Hanse.Link.Frames;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Streams;

/// <summary>The open streams of one link; made with its first stream. The dialling side opens odd ids, the accepting side even ones, so
/// that they never meet. Frames of a stream that is over are dropped: they crossed its end on the way.</summary>
internal sealed class StreamTable(NodeLink link, ILinkHandler handler, FrameSocket frames, int limit, int window)
{
    private readonly Dictionary<ulong, LinkStream> _open = [];
    private readonly Lock _gate = new();
    private ulong _lastOwn;
    private ulong _lastPeers;
    private int _refusing;
    private LinkEnd? _end;

    /// <summary>A new stream of ours, not yet announced to the peer; null at the limit.</summary>
    public LinkStream? Open(Method method)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                throw new LinkException(_end);
            }

            if (_open.Count >= limit)
            {
                return null;
            }

            _lastOwn = _lastOwn == 0 ? (link.Dialled ? 1UL : 2UL) : _lastOwn + 2;
            return Add(_lastOwn, method, sendCredit: 0);
        }
    }

    /// <summary>Bytes for an open stream; more than it granted ends that stream and nothing else.</summary>
    public void OnData(StreamData data)
    {
        if (Find(data.Id) is { } stream && stream.OnData(data.Payload) is { } overdrawn)
        {
            _ = AbortAsync(stream, overdrawn);
        }
    }

    public int Window => window;

    /// <summary>The peer opens a stream. An error means that the link must end.</summary>
    public Error? OnOpen(StreamOpen open, Error? refusal)
    {
        LinkStream? stream = null;
        lock (_gate)
        {
            var parity = link.Dialled ? 0UL : 1UL;
            if (open.Id <= _lastPeers || open.Id % 2 != parity)
            {
                return LinkErrors.Of(ErrorCodes.OutOfOrderFrame, $"Stream id {open.Id} is not the next of its side.");
            }

            _lastPeers = open.Id;
            if (refusal is null && _open.Count >= limit)
            {
                refusal = LinkErrors.Of(ErrorCodes.TooManyStreams, $"At most {limit} streams may be open on a link; end one first.");
            }

            stream = refusal is null ? Add(open.Id, (Method)open.Method, open.Credit) : null;
        }

        if (stream is null && Interlocked.Increment(ref _refusing) > limit)
        {
            // It opens more and more without reading the refusals.
            return refusal;
        }

        _ = stream is null ? RefuseAsync(open.Id, refusal!) : ServeAsync(stream, open);
        return null;
    }

    public LinkStream? Find(ulong id)
    {
        lock (_gate)
        {
            return _open.GetValueOrDefault(id);
        }
    }

    public void Forget(ulong id)
    {
        lock (_gate)
        {
            _open.Remove(id);
        }
    }

    public void End(LinkEnd end)
    {
        LinkStream[] open;
        lock (_gate)
        {
            _end = end;
            open = [.. _open.Values];
        }

        foreach (var stream in open)
        {
            stream.Fail(new LinkException(end));
        }
    }

    public LinkException Broken(Exception cause) => link.Broken(cause);

    private LinkStream Add(ulong id, Method method, long sendCredit) => _open[id] = new LinkStream(this, frames, id, method, window, sendCredit);

    private async Task ServeAsync(LinkStream stream, StreamOpen open)
    {
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                var error = await ServeOpenedAsync(stream, open).ConfigureAwait(false);
                if (error is null)
                {
                    await stream.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
                }
                else
                {
                    await stream.AbortAsync(error).ConfigureAwait(false);
                }
            }
        }
        catch (Exception gone) when (gone is LinkException or LinkStreamException)
        {
            // The peer, or the link, ended it first: nobody is left to be told.
        }
    }

    private async ValueTask<Error?> ServeOpenedAsync(LinkStream stream, StreamOpen open)
    {
        if (InboundCalls.Parse(open.Method, open.Payload) is not { } opening)
        {
            return LinkErrors.Of(ErrorCodes.MalformedMessage, $"The payload does not open a stream of {stream.Method}.");
        }

        try
        {
            await stream.GrantWindowAsync().ConfigureAwait(false);
            var call = new LinkCall(link, stream.Method, TimeSpan.Zero);
            return await handler.OnStreamAsync(call, opening, stream, link.Ended).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is LinkException or LinkStreamException)
        {
            throw;
        }
        catch (OperationCanceledException) when (link.Ended.IsCancellationRequested)
        {
            return LinkErrors.Of(ErrorCodes.LinkClosing, "The link is closing.");
        }
        catch (Exception fault)
        {
            handler.OnFault(link, stream.Method, fault);
            return LinkErrors.Of(ErrorCodes.InternalError, $"{stream.Method} failed inside the peer; its log has the reason.");
        }
    }

    private static async Task AbortAsync(LinkStream stream, Error error)
    {
        try
        {
            await stream.AbortAsync(error).ConfigureAwait(false);
        }
        catch (LinkException)
        {
            // The link ended first, and with it the stream.
        }
    }

    private async Task RefuseAsync(ulong id, Error error)
    {
        try
        {
            await frames.SendAsync(new Envelope { StreamEnd = new StreamEnd { Id = id, Error = error } }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            link.Abort(broken);
        }
        finally
        {
            Interlocked.Decrement(ref _refusing);
        }
    }
}
