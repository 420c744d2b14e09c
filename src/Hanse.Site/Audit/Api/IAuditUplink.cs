using Hanse.Link;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Audit.Api;

/// <summary>What the link to the coordinator has to do with audit logs (A3): each side shows the other its own, and cosigns the other's.</summary>
public interface IAuditUplink
{
    /// <summary>The link is up: the site's log is shown over it until it ends.</summary>
    void LinkOpened(NodeLink link);

    /// <exception cref="FormatException">The question is none.</exception>
    Task<AuditCosigned> CosignAsync(NodeLink link, AuditCosign question, CancellationToken cancellation);

    /// <summary>The newest checkpoint of the coordinator's log that this site has cosigned (A4).</summary>
    Task<AuditHeld> HeldAsync(NodeLink link, CancellationToken cancellation);

    /// <summary>The site's own log goes on after a loss (A4), if it does not from the checkpoint that the coordinator holds of it.</summary>
    /// <exception cref="FormatException">What it holds is no checkpoint that this site signed.</exception>
    Task<SiteLogRecovered> RecoverAsync(SiteLogRecover request, CancellationToken cancellation);
}
