namespace Hanse.Protocol.Links;

/// <summary>The fixed names of the link (L1, L2).</summary>
public static class LinkProtocol
{
    /// <summary>The version this program speaks, and the only one it knows.</summary>
    public const uint Version = 1;

    public const string Path = "/link";

    public const string SubProtocol = "hanse.v1";

    /// <summary>A list of paths to a site names at most so many addresses; an agent refuses a longer one as a whole.</summary>
    public const int MostPaths = 32;
}
