using System.Net;
using Hanse.Authority.Issuing;
using Hanse.Coordinator.Sites.Api;
using Hanse.Trust.Dialing;

namespace Hanse.Coordinator.Enrollment;

/// <summary>What a site's intermediate is confined to (T2): its external names and, of its addresses, those that are IP addresses.</summary>
internal static class SiteNames
{
    /// <exception cref="InvalidDataException">The registry holds a name that no certificate can carry; invitations refuse those.</exception>
    public static ServerNames Of(SiteRow row) => TryCreate(row.ExternalNames, row.Addresses, out var names, out var why)
        ? names!
        : throw new InvalidDataException($"The names of site {row.Name} cannot be used: {why}");

    public static bool TryCreate(IEnumerable<string> externalNames, IEnumerable<string> addresses, out ServerNames? names, out string why)
    {
        var hosts = addresses.Select(a => NodeAddress.TryParse(a, out var address) ? address.Host : a).Where(h => IPAddress.TryParse(h, out _));
        return ServerNames.TryCreate(externalNames, hosts.Distinct(), out names, out why);
    }
}
