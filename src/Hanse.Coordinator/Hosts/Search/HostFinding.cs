namespace Hanse.Coordinator.Hosts.Search;

/// <summary>The page of a search while it is put together: ids so far, and where reading by id has come to.</summary>
internal sealed class HostFinding
{
    private readonly List<Guid> _ids = [];
    private bool _exhausted;
    private long _hits;
    private IReadOnlyList<string>? _hostnames;

    public required int Limit { get; init; }

    /// <summary>Reading by id has come to here.</summary>
    public required Guid After { get; set; }

    public HostCount Count { get; set; } = new(0, Exact: false);

    public bool Truncated { get; set; }

    /// <summary>The page's ids; one more than the limit is held back to know that there is a next page.</summary>
    public IReadOnlyList<Guid> Ids => _ids.Count > Limit ? _ids[..Limit] : _ids;

    public int Missing => Limit + 1 - _ids.Count;

    public bool CanReadOn => !_exhausted;

    public bool NeedsMore => CanReadOn && Missing > 0;

    public bool More => _ids.Count > Limit || (Truncated && _hostnames is null && After != Guid.Empty);

    public void Add(HostSample sample, bool exhausted, int countBound)
    {
        _ids.AddRange(sample.Matches);
        _exhausted = exhausted;
        After = sample.Last ?? After;
        _hits += sample.Hits;
        if (!Count.Exact && _hits > Count.Value)
        {
            Count = new(Math.Min(_hits, countBound), Exact: false);
        }
    }

    /// <summary>All matches are known and these come next by hostname: what reading by id found is dropped.</summary>
    public void Sorted(IReadOnlyList<(Guid Id, string Hostname)> found)
    {
        _ids.Clear();
        _ids.AddRange(found.Select(f => f.Id));
        _hostnames = [.. found.Select(f => f.Hostname)];
    }

    /// <summary>Where the next page starts: after the last row shown, or where the time limit ended the reading.</summary>
    public HostCursor Next() => _ids.Count <= Limit ? new(null, After) : new(_hostnames?[Limit - 1], _ids[Limit - 1]);
}
