namespace Hanse.Coordinator.Hosts.Search;

/// <summary>The terms that drive a search, chosen on a sample: the index is asked for all of them at once.</summary>
/// <param name="Terms">None where no index helps.</param>
/// <param name="Share">Of all rows, those that the index names; without terms, those that match.</param>
/// <param name="Entries">Of all rows, so many entries in the lists that the index goes through.</param>
internal sealed record HostDrivers(IReadOnlyList<HostTerm> Terms, double Share, double Entries)
{
    /// <summary>How many texts each part of the ids is compared with.</summary>
    public int Texts => Terms.Sum(t => t.Texts);
}
