using Hanse.Gateway.Logging;
using Hanse.Gateway.Routes;
using Hanse.Protocol.Messages;

namespace Hanse.Gateway.Control;

/// <summary>
/// Which routes are in force: those of the machine's own file first, then those of the snapshot, so that the file has its way where both claim a name. Applied when one of
/// them changes, and every minute, because names of addresses may lead elsewhere by then.
/// </summary>
internal sealed class RouteFeed(Action<IReadOnlyList<RouteSpec>> swap, CurrentRoutes? snapshot, AddressResolver resolver, GatewayLog log, TimeProvider time)
{
    private const int MostConflicts = 100;
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);
    private readonly SemaphoreSlim _one = new(1, 1);
    private IReadOnlyList<RouteSpec> _file = [];
    private List<RouteSpec> _applied = [];

    /// <summary>Names that file and snapshot both have.</summary>
    internal IReadOnlyList<string> Conflicts { get; private set; } = [];

    /// <summary>Adds to a report which routes it is about, and gives those of the snapshot the names that people know.</summary>
    internal void Describe(GatewayReport report)
    {
        var held = snapshot?.Value;
        (report.IncarnationNumber, report.Number, report.RefusedSnapshots) = (held?.IncarnationNumber ?? 0, held?.Number ?? 0, (ulong)(snapshot?.Refused ?? 0));
        (report.SoftwareVersion, report.StaticFile) = (Versions.Software, _file.Count > 0);
        report.Conflicts.AddRange(Conflicts.Take(MostConflicts));
        var names = held?.Routes.ToDictionary(RouteEntries.Key, r => r.Name, StringComparer.Ordinal) ?? [];
        foreach (var route in report.Routes)
        {
            route.Name = names.GetValueOrDefault(route.Name, route.Name);
        }
    }

    internal Task SetFileAsync(IReadOnlyList<RouteSpec> routes, CancellationToken cancellation)
    {
        _file = routes;
        return ApplyAsync(cancellation);
    }

    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(Again, time, cancellation);
            await ApplyAsync(cancellation);
        }
    }

    internal async Task ApplyAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var held = snapshot?.Value;
            var entries = held?.Routes.ToList() ?? [];
            await resolver.LookUpAsync(entries.SelectMany(e => e.Addresses.Concat(e.StandbyAddresses)), cancellation);
            // Also those without an address: one that is not in the table counts as removed, and its connections are cut.
            Swap([.. _file, .. entries.Select(e => RouteEntries.ToSpec(e, resolver.Of))], held, entries);
        }
        finally
        {
            _one.Release();
        }
    }

    private void Swap(List<RouteSpec> routes, RouteSnapshot? held, List<RouteEntry> entries)
    {
        if (routes.Count == _applied.Count && routes.Zip(_applied).All(pair => pair.First.IsSameAs(pair.Second)))
        {
            return;
        }

        _applied = routes;
        Conflicts = _file.Count == 0 ? [] : [.. RouteTable.Conflicts(routes).Distinct(StringComparer.Ordinal)];
        swap(routes);
        log.Information(
            "routes-changed", "Routes are in force.", ("routes", $"{routes.Count}"), ("fromFile", $"{_file.Count}"), ("snapshot", held is null ? "none" : $"{held.IncarnationNumber}/{held.Number}"));
        if (Conflicts.Count > 0)
        {
            log.Warning("routes-conflict", "The file of routes and the coordinator both have these names; the file counts.", ("names", string.Join(", ", Conflicts)));
        }

        if (resolver.Unknown(entries.SelectMany(e => e.Addresses)) is { Count: > 0 } unknown)
        {
            log.Warning("address-unknown", "These addresses cannot be looked up; routes go without them, and one that has no other refuses its clients.", ("addresses", string.Join(", ", unknown)));
        }
    }
}
