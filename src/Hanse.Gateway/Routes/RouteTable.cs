namespace Hanse.Gateway.Routes;

/// <summary>An immutable table of routes. A lookup allocates nothing and takes no lock; a change is another table.</summary>
internal sealed class RouteTable
{
    private readonly Dictionary<string, Route>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly Dictionary<string, Route>.AlternateLookup<ReadOnlySpan<char>> _wild;

    private readonly Dictionary<int, Route> _bySlot;

    private RouteTable(IReadOnlyList<Route> routes, Dictionary<string, Route> exact, Dictionary<string, Route> wild)
    {
        Routes = routes;
        _exact = exact.GetAlternateLookup<ReadOnlySpan<char>>();
        _wild = wild.GetAlternateLookup<ReadOnlySpan<char>>();
        _bySlot = routes.GroupBy(r => r.Slot).ToDictionary(g => g.Key, g => g.First());
        Default = routes.FirstOrDefault(r => r.Spec.IsDefault);
        HasIdleTimeouts = routes.Any(r => r.Spec.IdleTimeout > TimeSpan.Zero);
    }

    internal static RouteTable Empty { get; } = Build([]);

    internal IReadOnlyList<Route> Routes { get; }

    internal Route? Default { get; }

    internal bool HasIdleTimeouts { get; }

    /// <summary>The table of these routes. Of two routes with one name the first has it; <see cref="Conflicts"/> tells of such.</summary>
    internal static RouteTable Build(IReadOnlyList<Route> routes)
    {
        var exact = new Dictionary<string, Route>(StringComparer.Ordinal);
        var wild = new Dictionary<string, Route>(StringComparer.Ordinal);
        foreach (var (route, name) in routes.SelectMany(r => r.Spec.ServerNames.Select(n => (r, n))))
        {
            _ = name.StartsWith("*.", StringComparison.Ordinal) ? wild.TryAdd(name[2..], route) : exact.TryAdd(name, route);
        }

        return new RouteTable(routes, exact, wild);
    }

    /// <summary>Names that two routes claim.</summary>
    internal static IEnumerable<string> Conflicts(IEnumerable<RouteSpec> routes) =>
        routes.SelectMany(r => r.ServerNames.Distinct(StringComparer.Ordinal)).GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key);

    /// <summary>The route at a place in the counters, if it is in this table.</summary>
    internal Route? At(int slot) => _bySlot.GetValueOrDefault(slot);

    /// <summary>The route of a name in normal form: the exact one, else the longest wildcard, else the default; null when there is none.</summary>
    /// <remarks>A wildcard stands for one label or several: <c>*.example.org</c> has <c>a.example.org</c> and <c>a.b.example.org</c>, not <c>example.org</c>.</remarks>
    internal Route? Find(ReadOnlySpan<char> name)
    {
        if (_exact.TryGetValue(name, out var route))
        {
            return route;
        }

        for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.'))
        {
            name = name[(dot + 1)..];
            if (_wild.TryGetValue(name, out route))
            {
                return route;
            }
        }

        return Default;
    }
}
