namespace Hanse.Server.Configuration;

/// <summary>Of the site's role alone.</summary>
public sealed record SiteOptions
{
    /// <summary>The name a federation of one process gives its own site; elsewhere the invitation names the site.</summary>
    public string Name { get; init; } = "main";

    /// <summary>The site's HTTPS port; null is <c>listen</c>, or beside a coordinator in one process the port after it.</summary>
    public ListenAddress? Listen { get; init; }
}
