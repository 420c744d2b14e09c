using Hanse.Coordinator.Sites.Api;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>Where the rotation under way stands, site by site.</summary>
internal sealed class RotationReader(SiteTrustStore told, ISites sites, ISiteChannel channel)
{
    public async Task<IReadOnlyList<RotationNode>> NodesAsync(RotationRow rotation, CancellationToken cancellation)
    {
        var (rows, reports, connected) = (await sites.ListAsync(cancellation), await told.ListAsync(cancellation), channel.Connected);
        return RotationPlanner.Judge(rotation, rows, s => reports.GetValueOrDefault(s.SiteId), s => connected.Contains(s.SiteId));
    }
}
