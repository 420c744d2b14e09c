namespace Hanse.Gateway.Routes;

/// <summary>A route in use: the wish, its place in the counters, and its upstreams with their state.</summary>
/// <param name="Slot">Index of its counters; the same over all tables as long as the key lives.</param>
internal sealed record Route(RouteSpec Spec, int Slot, IReadOnlyList<Upstream> Upstreams);
