using Hanse.Link.Accepting;
using Hanse.Link.Pulse;

namespace Hanse.Site;

/// <summary>What all slices of a site take from the process.</summary>
internal sealed record SiteServices(PulseWheel Wheel, LinkAcceptorOptions Links, TimeProvider Time);
