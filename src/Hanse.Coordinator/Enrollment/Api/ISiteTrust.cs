using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Enrollment.Api;

/// <summary>Takes in what sites tell of their trust (T4).</summary>
public interface ISiteTrust
{
    /// <summary>Keeps the site's newest report.</summary>
    /// <exception cref="FormatException">It is malformed; the one before stays.</exception>
    Task ReportAsync(SiteId site, TrustReport report, CancellationToken cancellation);
}
