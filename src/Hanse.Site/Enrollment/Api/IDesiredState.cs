using Hanse.Protocol.Messages;

namespace Hanse.Site.Enrollment.Api;

/// <summary>What the coordinator wants this site to hold (D1).</summary>
public interface IDesiredState
{
    /// <summary>Stores and applies it if it is newer by (incarnation, generation); tells what is held then.</summary>
    Task<DesiredStateReceipt> AcceptAsync(DesiredState state, CancellationToken cancellation);
}
