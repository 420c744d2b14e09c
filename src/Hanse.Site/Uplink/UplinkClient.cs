using Hanse.Link;
using Hanse.Link.Dialing;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Uplink;

/// <summary>This site as its link to the coordinator shows it, for one epoch of its outbox.</summary>
internal sealed class UplinkClient(NodeIdentity identity, Guid epoch, RecordStore records, string softwareVersion, ILinkHandler handler) : ILinkClient
{
    public NodeIdentity Identity => identity;

    public ILinkHandler Handler => handler;

    public Hello CreateHello() => new()
    {
        SoftwareVersion = softwareVersion,
        Epoch = RecordStore.EpochBytes(epoch),
        Capabilities = { Protocol.Links.Capabilities.OfLink },
        Incarnation = RecordStore.EpochBytes(records.Incarnation), IncarnationNumber = (ulong)records.IncarnationNumber,
    };

    /// <summary>A coordinator in another life has lost what it was told: it gets every state again, and of the records what lies above its mark (U5).</summary>
    public async ValueTask<Error?> OnWelcomeAsync(NodeIdentity server, Welcome welcome, CancellationToken cancellation)
    {
        if (welcome.Incarnation.Length == 16)
        {
            await records.MetAsync(new Guid(welcome.Incarnation.Span, bigEndian: true), (long)welcome.IncarnationNumber, cancellation);
        }

        return null;
    }

    /// <summary>Only an outdated epoch ends the keeper: it is mended here, then a new one dials. A site that was removed or banned keeps
    /// trying at the pace the coordinator asks for, for it may be taken back.</summary>
    public bool IsFinal(Error error) => error.Code == ErrorCodes.EpochOutdated;
}
