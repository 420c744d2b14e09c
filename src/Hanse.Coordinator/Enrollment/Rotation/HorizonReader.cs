using System.Security.Cryptography.X509Certificates;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>The trust horizon of the whole federation, as of now.</summary>
internal sealed class HorizonReader(
    Federation federation, SiteTrustStore told, ISites sites, ISiteChannel channel, CoordinatorOptions options, TimeProvider time) : ITrustHealth
{
    public async Task<IReadOnlyList<HorizonEntry>> ReadAsync(CancellationToken cancellation)
    {
        var (rows, reports, connected) = (await sites.ListAsync(cancellation), await told.ListAsync(cancellation), channel.Connected);
        return HorizonPlanner.Judge(new HorizonFacts(
            time.GetUtcNow(), Life(federation.Root.Certificate), Life(federation.Issuer.Value.Intermediate), Life(federation.Server.Value.Leaf),
            options.Lifetimes.Intermediate,
            [.. rows.Select(r => new HorizonSite(r, reports.GetValueOrDefault(r.SiteId), connected.Contains(r.SiteId)))]));
    }

    public async Task<IReadOnlyList<string>> TroublesAsync(CancellationToken cancellation) =>
        [.. (await ReadAsync(cancellation)).Where(e => e.Trouble is not null).Select(e => $"{(e.Kind == e.Name ? e.Kind : $"{e.Kind} {e.Name}")}: {e.Trouble}")];

    private static HorizonLife Life(X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
}
