using Hanse.Protocol.Messages;

namespace Hanse.Link.Streams;

/// <summary>The stream was aborted by one of its sides; the link lives on.</summary>
public sealed class LinkStreamException(Error error) : Exception($"The stream was aborted ({error.Code}): {error.Message}")
{
    public Error Error { get; } = error;
}
