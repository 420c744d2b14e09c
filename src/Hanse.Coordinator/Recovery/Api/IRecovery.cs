using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Recovery.Api;

/// <summary>A restored coordinator's way back (U5), for the uplink.</summary>
public interface IRecovery
{
    /// <summary>A site whose intermediate a root has signed, but which the registry does not know, came: it waits for an administrator.</summary>
    Task NoteUnknownAsync(SiteId site, byte[] intermediate, CancellationToken cancellation);
}
