namespace Hanse.Fuzz.Tests.Frames;

/// <summary>Who sent a frame to whom.</summary>
internal enum FrameWay
{
    AgentToSite,
    SiteToAgent,
    SiteToCoordinator,
    CoordinatorToSite,
}
