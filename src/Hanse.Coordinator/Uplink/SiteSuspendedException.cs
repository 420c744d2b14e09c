namespace Hanse.Coordinator.Uplink;

/// <summary>The site is suspended: what it sends is refused as a whole, and it keeps it.</summary>
internal sealed class SiteSuspendedException() : Exception("The site is suspended; what it has to tell waits until it is resumed.");
