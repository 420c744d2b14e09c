namespace Hanse.Coordinator.Hosts.Search;

/// <summary>One page of hosts. <see cref="Truncated"/>: the time limit ended the search, so there may be more than is shown and counted.</summary>
public sealed record HostPage(IReadOnlyList<HostRecord> Items, string? Next, HostCount Count, bool Truncated);

/// <summary>How many hosts match: exactly <see cref="Value"/>, or at least that many.</summary>
public sealed record HostCount(long Value, bool Exact)
{
    internal static HostCount Bounded(long number, int bound) => number > bound ? new(bound, Exact: false) : new(number, Exact: true);
}
