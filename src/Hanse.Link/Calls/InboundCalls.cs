using Google.Protobuf;
using Hanse.Link.Frames;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Calls;

/// <summary>
/// Serves the peer's requests and events, within the concurrency limit. Refusals of requests past the limit are bounded too: a peer that
/// floods without reading its answers is cut off.
/// </summary>
internal sealed class InboundCalls(NodeLink link, ILinkHandler handler, FrameSocket frames, LinkLimits limits, TimeProvider clock)
{
    private int _inFlight;
    private int _refusing;

    /// <summary>Starts to serve a request. An error means that the link must end.</summary>
    public Error? Begin(Request request)
    {
        var refusal = Judge(request.Method);
        if (refusal is null && Interlocked.Increment(ref _inFlight) > limits.MaxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            refusal = TooMany();
        }

        if (refusal is null)
        {
            _ = ServeAsync(request);
            return null;
        }

        if (Interlocked.Increment(ref _refusing) > limits.MaxInFlight)
        {
            return TooMany();
        }

        _ = RefuseAsync(request.Id, refusal);
        return null;
    }

    /// <summary>Starts to serve an event. As events have no answer, any refusal ends the link.</summary>
    public Error? Begin(Event message)
    {
        if (Judge(message.Method) is { } refusal)
        {
            return refusal;
        }

        if (Interlocked.Increment(ref _inFlight) > limits.MaxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            return TooMany();
        }

        _ = ServeAsync(message);
        return null;
    }

    /// <summary>Null if this peer may call the method here.</summary>
    public Error? Judge(uint method)
    {
        if (MethodManifest.Find(method) is null)
        {
            return LinkErrors.Of(ErrorCodes.UnknownMethod, $"Method {method} is not known to this version.");
        }

        return MethodManifest.Permits(method, link.PeerIdentity.Kind, link.LocalIdentity.Kind)
            ? null
            : LinkErrors.Of(ErrorCodes.MethodNotPermitted, $"A {link.PeerIdentity.Kind} may not call {(Method)method} at a {link.LocalIdentity.Kind}.");
    }

    /// <summary>The payload as the method's request message; null when it is not one.</summary>
    public static IMessage? Parse(uint method, ByteString payload)
    {
        try
        {
            return MethodManifest.Find(method)!.Request.Parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private async Task ServeAsync(Request request)
    {
        var method = (Method)request.Method;
        try
        {
            var answer = await AnswerAsync(request, method).ConfigureAwait(false);
            await SendAsync(answer).ConfigureAwait(false);
        }
        catch (Exception broken) when (LinkFaults.IsTransport(broken))
        {
            // The receive loop meets the same failure and reports it once.
            link.Abort(broken);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async ValueTask<Response> AnswerAsync(Request request, Method method)
    {
        if (Parse(request.Method, request.Payload) is not { } message)
        {
            return Refusal(request.Id, LinkErrors.Of(ErrorCodes.MalformedMessage, $"The payload is not a request of {method}."));
        }

        var timeLeft = TimeSpan.FromMilliseconds(request.TimeLeftMs);
        using var time = new CallTime(timeLeft, link.Ended, clock);
        try
        {
            var reply = await handler.HandleAsync(new LinkCall(link, method, timeLeft), message, time.Token).ConfigureAwait(false);
            return reply.Error is { } error
                ? Refusal(request.Id, error)
                : new Response { Id = request.Id, Payload = (reply.Message ?? new Empty()).ToByteString() };
        }
        catch (OperationCanceledException) when (time.Token.IsCancellationRequested)
        {
            return Refusal(request.Id, LinkErrors.Of(ErrorCodes.DeadlinePassed, $"The time for {method} was over before it ended."));
        }
        catch (Exception fault)
        {
            handler.OnFault(link, method, fault);
            return Refusal(request.Id, LinkErrors.Of(ErrorCodes.InternalError, $"{method} failed inside the peer; its log has the reason."));
        }
    }

    private async Task ServeAsync(Event message)
    {
        var method = (Method)message.Method;
        try
        {
            if (Parse(message.Method, message.Payload) is { } parsed)
            {
                await handler.OnEventAsync(new LinkCall(link, method, TimeSpan.Zero), parsed, link.Ended).ConfigureAwait(false);
            }
            else
            {
                await link.CloseAsync(LinkErrors.Of(ErrorCodes.MalformedMessage, $"The payload is not an event of {method}.")).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (link.Ended.IsCancellationRequested)
        {
            // The link ended under the handler; nobody waits for an event.
        }
        catch (Exception fault)
        {
            handler.OnFault(link, method, fault);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task RefuseAsync(ulong id, Error error)
    {
        try
        {
            await SendAsync(Refusal(id, error)).ConfigureAwait(false);
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

    private async ValueTask SendAsync(Response response)
    {
        try
        {
            await frames.SendAsync(new Envelope { Response = response }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (FrameTooLargeException tooLarge)
        {
            var error = LinkErrors.Of(ErrorCodes.FrameTooLarge, $"The answer does not fit a frame: {tooLarge.Message} Ask for less at a time.");
            await frames.SendAsync(new Envelope { Response = Refusal(response.Id, error) }, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private Error TooMany() =>
        LinkErrors.Of(ErrorCodes.TooManyRequests, $"At most {limits.MaxInFlight} requests may be under way on a link; wait for answers.");

    private static Response Refusal(ulong id, Error error) => new() { Id = id, Error = error };
}
