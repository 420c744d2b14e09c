using System.Collections.Concurrent;
using System.Text.Json;
using Hanse.Protocol.Ids;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Verification;

namespace Hanse.Bench.Simulation;

/// <summary>The sites that the simulator's agents belong to, kept for the next start: a list, and a trust set for each. Thread-safe.</summary>
internal sealed class SiteFolder(string folder)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<SiteId, SimulatedSite> _sites = new();

    private string ListFile => Path.Combine(folder, "sites.json");

    /// <summary>Reads what an earlier start left.</summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public void Open()
    {
        var rows = File.Exists(ListFile) ? JsonSerializer.Deserialize<SiteLine[]>(File.ReadAllBytes(ListFile)) ?? [] : [];
        foreach (var row in rows)
        {
            var id = SiteId.Parse(row.Id);
            var trust = CurrentTrust.Open(TrustFile(id)) ?? throw new InvalidDataException($"{TrustFile(id)} is missing. Use another --data.");
            _sites[id] = new SimulatedSite(id, row.Number, row.ServerName, Addresses(row.Addresses), trust);
        }
    }

    public SimulatedSite? Find(SiteId id) => _sites.GetValueOrDefault(id);

    /// <summary>Takes in the site that an agent has just joined.</summary>
    public SimulatedSite Add(AgentJoinOutcome.Joined joined)
    {
        lock (_gate)
        {
            if (_sites.TryGetValue(joined.Site, out var known))
            {
                known.Trust.Accept(joined.Trust);
                return known;
            }

            var trust = CurrentTrust.Create(TrustFile(joined.Site), joined.Trust);
            var site = new SimulatedSite(joined.Site, _sites.Count, joined.ServerName, [.. joined.Addresses], trust);
            _sites[joined.Site] = site;
            var rows = _sites.Values.Select(s => new SiteLine(s.Id.ToString(), s.Number, s.ServerName, [.. s.Addresses.Select(a => a.ToString())])).ToArray();
            File.WriteAllBytes(ListFile, JsonSerializer.SerializeToUtf8Bytes(rows));
            return site;
        }
    }

    private string TrustFile(SiteId id) => Path.Combine(folder, $"{id}.trust");

    private static List<NodeAddress> Addresses(IEnumerable<string> texts) =>
        [.. texts.Select(t => NodeAddress.TryParse(t, out var address) ? address : null).OfType<NodeAddress>()];

    private sealed record SiteLine(string Id, int Number, string ServerName, string[] Addresses);
}
