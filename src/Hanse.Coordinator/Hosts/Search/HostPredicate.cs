using Npgsql;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>One condition of a search. <see cref="Filter"/> is exact and is written so that no index matches it; <see cref="Terms"/> are what the index
/// can be asked for, all of which hold for every row that the filter lets through. Which of them drive the search is then our choice, made on a
/// sample, and not a guess of the planner's, which knows nothing of how substrings are spread.</summary>
internal sealed record HostPredicate(string Filter, IReadOnlyList<HostTerm> Terms, IReadOnlyList<NpgsqlParameter> Parameters);
