using Hanse.Protocol.Messages;

namespace Hanse.Link.Frames;

/// <summary>What a receive gave: an envelope with a body, a fault that ends the link, or (neither set) the peer's close.</summary>
internal readonly record struct Frame(Envelope? Envelope, Error? Error)
{
    public static Frame Closed => default;

    public bool IsClosed => Envelope is null && Error is null;

    public static Frame Of(Envelope envelope) => new(envelope, null);

    public static Frame Fault(string code, string message) => new(null, LinkErrors.Of(code, message));
}
