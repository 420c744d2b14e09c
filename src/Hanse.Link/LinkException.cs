using Hanse.Protocol.Messages;

namespace Hanse.Link;

/// <summary>The link is gone: it broke, was closed, or was refused. Whether a request that was under way had its effect is unknown.</summary>
public sealed class LinkException(LinkEnd end) : Exception($"The link is down ({end.Error.Code}): {end.Error.Message}", end.Cause)
{
    public LinkEnd End { get; } = end;

    public Error Error => End.Error;
}
