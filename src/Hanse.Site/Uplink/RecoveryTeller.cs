using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment.Api;

namespace Hanse.Site.Uplink;

/// <summary>What this site holds of a coordinator that was restored (U5): the newest list of bans, its own names, and which records it still has.</summary>
internal sealed class RecoveryTeller(ISiteIdentity identity, RecordStore records)
{
    public async Task<SiteRecovery> TellAsync(CancellationToken cancellation)
    {
        var (first, last) = await records.KeptAsync(cancellation);
        var told = new SiteRecovery
        {
            SiteName = identity.Self!.Name, FirstKept = (ulong)first, LastGiven = (ulong)last,
            Revocations = identity.Trust.Value.Revocations.Signed?.ToByteString() ?? ByteString.Empty,
        };
        told.ExternalNames.AddRange(identity.Self.ExternalNames);
        told.Addresses.AddRange(identity.Self.Addresses);
        return told;
    }
}
