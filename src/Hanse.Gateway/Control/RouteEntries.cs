using System.Net;
using Hanse.Gateway.Routes;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;

namespace Hanse.Gateway.Control;

/// <summary>The entries of a snapshot as routes. Pure.</summary>
internal static class RouteEntries
{
    private const int MostNames = 128;
    private const int MostText = 200;

    /// <summary>What cannot be used in it; null if all can. A coordinator that is right never sends such a one: nothing of it is taken.</summary>
    internal static Error? Fault(RouteSnapshot snapshot)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in snapshot.Routes)
        {
            var why = entry.Kind is not (NodeKind.Site or NodeKind.Coordinator) || entry.NodeId.Length != (entry.Kind == NodeKind.Site ? 16 : 0) || !keys.Add(Key(entry)) ? "its node"
                : entry.Name.Length > MostText || entry.Name.Any(char.IsControl) ? "its name"
                : entry.ServerNames.Count > MostNames || entry.ServerNames.FirstOrDefault(n => ServerName.TryNormalize(n) != n) is not null ? "its server names"
                : entry.Addresses.Count > RouteSpec.MostAddresses || entry.StandbyAddresses.Count > RouteSpec.MostAddresses
                    || entry.Addresses.Concat(entry.StandbyAddresses).Any(a => !NodeAddress.TryParse(a, out _)) ? "its addresses"
                : null;
            if (why is not null)
            {
                return new Error { Code = ErrorCodes.RoutesInvalid, Message = $"A route of the snapshot cannot be used: {why} make no sense." };
            }
        }

        return snapshot.Routes.Count > RouteBook.MostOfSource
            ? new Error { Code = ErrorCodes.RoutesInvalid, Message = $"A snapshot has at most {RouteBook.MostOfSource} routes." }
            : null;
    }

    /// <summary>Says over changes whether it is the same route: by id, since names are given anew (T1).</summary>
    internal static string Key(RouteEntry entry) => entry.Kind == NodeKind.Coordinator ? RouteSpec.CoordinatorKey : Convert.ToHexStringLower(entry.NodeId.Span);

    /// <param name="entry">Of a snapshot without fault.</param>
    /// <param name="resolved">What each host is reached at; one that is unknown is left out.</param>
    internal static RouteSpec ToSpec(RouteEntry entry, Func<string, IReadOnlyList<IPEndPoint>> resolved) =>
        new(Key(entry), [.. entry.ServerNames], [.. entry.Addresses.SelectMany(resolved).Distinct().Take(RouteSpec.MostAddresses)])
        {
            RouteId = entry.RouteId, Pseudonymous = entry.Pseudonymous, StandbyAddresses = [.. entry.StandbyAddresses.SelectMany(resolved).Distinct().Take(RouteSpec.MostAddresses)],
        };
}
