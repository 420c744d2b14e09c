namespace Hanse.Link.Frames;

/// <summary>A message of ours does not fit the peer's frame limit. Callers turn it into a typed error.</summary>
internal sealed class FrameTooLargeException(int size, int limit) : Exception($"The frame has {size} bytes; the peer takes at most {limit}.");
