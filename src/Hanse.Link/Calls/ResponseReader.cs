using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Calls;

/// <summary>A response frame as the caller's outcome.</summary>
internal static class ResponseReader
{
    public static LinkResult<TResponse> Read<TResponse>(Method method, Response response) where TResponse : class, IMessage<TResponse>, new()
    {
        if (response.ResultCase == Response.ResultOneofCase.Error)
        {
            return LinkResult<TResponse>.Fail(response.Error);
        }

        try
        {
            var message = new TResponse();
            message.MergeFrom(response.Payload);
            return LinkResult<TResponse>.Ok(message);
        }
        catch (InvalidProtocolBufferException)
        {
            return LinkResult<TResponse>.Fail(ErrorCodes.MalformedMessage, $"The peer's answer to {method} is not a {typeof(TResponse).Name}.");
        }
    }

    public static Error DeadlinePassed(Method method) => LinkErrors.Of(ErrorCodes.DeadlinePassed, $"No answer to {method} came in time.");
}
