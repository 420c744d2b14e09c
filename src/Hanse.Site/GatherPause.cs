namespace Hanse.Site;

/// <summary>How long writers wait after a write, so that the changes of that time share the next one. The first change after a silence never waits.</summary>
internal sealed record GatherPause(TimeSpan Length)
{
    public static GatherPause Default { get; } = new(TimeSpan.FromMilliseconds(200));
}
