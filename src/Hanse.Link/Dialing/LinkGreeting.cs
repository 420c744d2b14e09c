using Google.Protobuf;
using Hanse.Link.Frames;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Dialing;

/// <summary>The dialling side of the hello. The server gets as long to answer as the peer gets to speak.</summary>
internal sealed class LinkGreeting(FrameSocket frames, LinkLimits limits, TimeProvider clock)
{
    /// <summary>Says hello; gives the welcome, or the refusal as a result.</summary>
    public async Task<(Welcome? Welcome, DialResult? Refusal)> ExchangeAsync(ILinkClient client, ByteString? nonce, CancellationToken cancellation)
    {
        var hello = client.CreateHello();
        hello.Nonce = nonce ?? ByteString.Empty;
        hello.ProtocolVersion = LinkProtocol.Version;
        hello.Identity = client.Identity.ToString();
        hello.ClockUnixMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var exchange = AskAsync(hello);
        try
        {
            return Read(await exchange.WaitAsync(limits.HelloDeadline * 2, clock, cancellation).ConfigureAwait(false));
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            frames.Abort();
            cancellation.ThrowIfCancellationRequested();
            return (null, Refused(ErrorCodes.HelloTimeout, "The server did not answer the hello in time."));
        }
    }

    /// <summary>Tells the server why this node does not take its welcome, and leaves.</summary>
    public async Task DeclineAsync(Error error)
    {
        try
        {
            var goodbye = frames.SendAsync(new Envelope { Goodbye = new Goodbye { Error = error } }, CancellationToken.None).AsTask();
            await goodbye.WaitAsync(limits.CloseGrace, clock).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is TimeoutException || LinkFaults.IsTransport(gone))
        {
            // It will see the connection end instead.
        }

        frames.Abort();
        frames.Dispose();
    }

    private async Task<Frame> AskAsync(Hello hello)
    {
        await frames.SendAsync(new Envelope { Hello = hello }, CancellationToken.None).ConfigureAwait(false);
        return await frames.ReceiveAsync(limits.MaxHelloBytes).ConfigureAwait(false);
    }

    private static (Welcome? Welcome, DialResult? Refusal) Read(Frame frame)
    {
        if (frame.Envelope?.Welcome is { } welcome)
        {
            return (welcome, null);
        }

        if (frame.Envelope?.Goodbye is { } goodbye)
        {
            var error = goodbye.Error ?? LinkErrors.Of(ErrorCodes.LinkClosing, "The server gave no reason.");
            return (null, new DialResult.Refused(error, TimeSpan.FromMilliseconds(goodbye.RetryAfterMs)));
        }

        return (null, frame.Error is { } fault
            ? new DialResult.Refused(fault, TimeSpan.Zero)
            : Refused(ErrorCodes.OutOfOrderFrame, "The server answered the hello with neither welcome nor goodbye."));
    }

    private static DialResult.Refused Refused(string code, string message) => new(LinkErrors.Of(code, message), TimeSpan.Zero);
}
