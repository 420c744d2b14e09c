using Google.Protobuf;
using Hanse.Protocol.Messages;

namespace Hanse.Link;

/// <summary>What a handler answers: the response message of the method's contract, or a typed error.</summary>
public readonly struct LinkReply
{
    private LinkReply(IMessage? message, Error? error) => (Message, Error) = (message, error);

    public IMessage? Message { get; }

    public Error? Error { get; }

    /// <summary>For methods whose response is <c>Empty</c>.</summary>
    public static LinkReply Done { get; } = Of(new Empty());

    public static LinkReply Of(IMessage message) => new(message, null);

    public static LinkReply Refuse(Error error) => new(null, error);

    public static LinkReply Refuse(string code, string message, string field = "") => Refuse(LinkErrors.Of(code, message, field));
}
