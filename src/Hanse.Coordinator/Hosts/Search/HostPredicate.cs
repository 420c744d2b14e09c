using Npgsql;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>One condition of a search in two forms. <see cref="Filter"/> is exact and is written so that no index matches it;
/// <see cref="Index"/> may let too much through, and an index does match it. Which of them drive the search is then our choice, made
/// on a sample, and not a guess of the planner's, which knows nothing of how substrings are spread.</summary>
internal sealed record HostPredicate(string Filter, string? Index, IReadOnlyList<NpgsqlParameter> Parameters)
{
    /// <summary>How many texts the index is asked for one by one.</summary>
    public int Texts { get; init; } = 1;
}
