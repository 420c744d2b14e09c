using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Frames;

/// <summary>Bytes to envelope. Any bytes give a frame or a fault, never an exception (property-tested).</summary>
internal static class FrameReader
{
    public static Frame Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var envelope = Envelope.Parser.ParseFrom(bytes);
            return envelope.BodyCase == Envelope.BodyOneofCase.None
                ? Frame.Fault(ErrorCodes.MalformedFrame, "The frame has no body this version knows.")
                : Frame.Of(envelope);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            return Frame.Fault(ErrorCodes.MalformedFrame, $"The frame is not an envelope: {malformed.Message}");
        }
    }
}
