namespace Hanse.Gateway.Relay.Counting;

/// <summary>Counters of one route over all workers at one moment.</summary>
internal sealed record RouteSnapshot(string Key, RouteCounters Counters);
