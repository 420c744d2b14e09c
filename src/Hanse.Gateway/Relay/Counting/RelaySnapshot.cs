namespace Hanse.Gateway.Relay.Counting;

/// <summary>Counters of the relay over all workers at one moment. A reader sees each value whole, but not all of the same instant.</summary>
/// <param name="Refusals">By <see cref="Refusal"/>.</param>
/// <param name="Routes">Routes in force, and those that still have connections.</param>
internal sealed record RelaySnapshot(long Accepted, long Greeting, RouteCounters Total, IReadOnlyList<long> Refusals, IReadOnlyList<RouteSnapshot> Routes);
