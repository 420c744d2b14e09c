using System.Text.Json;
using Hanse.Agent.Data;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;

namespace Hanse.Agent.Paths;

/// <summary>
/// Every way to the site, best first: its own addresses, the gateways that lead to it, and last what joining gave, so that a list that is wrong strands nobody.
/// Told by the site, kept in a file, replaced as a whole. Which server answers is judged by its certificate alone, whatever is in the list (T1).
/// </summary>
internal sealed class PathBook
{
    private readonly IReadOnlyList<NodeAddress> _joined;
    private readonly string _file;
    private volatile IReadOnlyList<SitePath> _all;
    private volatile SitePath? _last;

    private PathBook(IReadOnlyList<NodeAddress> joined, string file, IReadOnlyList<SitePath> all) => (_joined, _file, _all) = (joined, file, all);

    /// <summary>Best first.</summary>
    internal IReadOnlyList<SitePath> All => _all;

    /// <summary>The path of the newest link; null before the first, and after <see cref="Forget"/>.</summary>
    internal SitePath? Last => _last;

    /// <summary>The order of the next try: the path that worked last, since a machine mostly is where it was; then the others, best first.</summary>
    internal IReadOnlyList<NodeAddress> ToTry
    {
        get
        {
            var (all, last) = (_all, _last);
            return [.. all.Where(p => p == last).Concat(all.Where(p => p != last)).Select(p => p.Address)];
        }
    }

    /// <summary>What the site told in an earlier life; a file that is missing or damaged counts as nothing told, and the site tells again.</summary>
    internal static PathBook Open(string file, IReadOnlyList<NodeAddress> joined)
    {
        PathRecord? record = null;
        try
        {
            record = File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), AgentJson.Default.PathRecord) : null;
        }
        catch (JsonException)
        {
            // As if it were not there.
        }

        var told = record is { Addresses: not null, Gateways: not null } ? Parse(record.Addresses, record.Gateways) : null;
        return new PathBook(joined, file, Complete(told ?? [], joined));
    }

    /// <summary>Takes over what the site tells; false, and nothing changes, if that is no list of paths.</summary>
    /// <exception cref="IOException">It could not be stored, and is not in force.</exception>
    internal bool Accept(SitePaths paths)
    {
        if (Parse(paths.Addresses, paths.GatewayAddresses) is not { } told)
        {
            return false;
        }

        var next = Complete(told, _joined);
        if (!next.SequenceEqual(_all))
        {
            AtomicFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(new PathRecord([.. paths.Addresses], [.. paths.GatewayAddresses]), AgentJson.Default.PathRecord));
            _all = next;
        }

        return true;
    }

    /// <summary>A link came up here.</summary>
    internal void Linked(NodeAddress address) => _last = _all.FirstOrDefault(p => p.Address == address);

    /// <summary>The next try begins with the best path.</summary>
    internal void Forget() => _last = null;

    private static List<SitePath>? Parse(IReadOnlyCollection<string> addresses, IReadOnlyCollection<string> gateways)
    {
        if (addresses.Count + gateways.Count > LinkProtocol.MostPaths)
        {
            return null;
        }

        var all = addresses.Select(a => (Text: a, ByGateway: false)).Concat(gateways.Select(g => (Text: g, ByGateway: true)))
            .Select(p => NodeAddress.TryParse(p.Text, out var address) ? new SitePath(address, p.ByGateway) : null).OfType<SitePath>().ToList();
        return all.Count == addresses.Count + gateways.Count ? all : null;
    }

    private static IReadOnlyList<SitePath> Complete(IEnumerable<SitePath> told, IEnumerable<NodeAddress> joined) =>
        [.. told.Concat(joined.Select(a => new SitePath(a, ByGateway: false))).DistinctBy(p => p.Address)];
}
