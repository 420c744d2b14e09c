using Hanse.Protocol.Messages;

namespace Hanse.Bench.Directory;

/// <summary>The published mix of searches. Of each hundred: 30 by a part of a hostname (selective to broad), 10 by how one begins,
/// 30 by address (exact, network, beginning), 10 by tag, 2 by one or two letters, 1 that finds nothing, 17 combined. What is
/// searched for is taken from hosts of the fleet, so that it is there.</summary>
internal sealed class SearchMix(Fleet fleet, int hosts, int seed)
{
    private readonly Random _random = new(seed);

    public IEnumerable<Search> Take(int number) => Enumerable.Range(0, number).Select(i => One(i % 100));

    private Search One(int kind)
    {
        var host = _random.Next(hosts);
        var state = fleet.State(host);
        var site = Fleet.SiteName(host / fleet.HostsPerSite);
        var name = state.Hostname;
        var address = string.Join('.', state.Addresses[0]);
        var octets = address.Split('.');
        return kind switch
        {
            < 10 => new("part, selective") { Text = Part(name, 8) },
            < 18 => new("part, middling") { Text = Part(name, 5) },
            < 25 => new("part, of three") { Text = Part(name, 3) },
            < 30 => new("part, broad") { Text = name.Split('-', '.')[0] },
            < 40 => new("beginning") { Text = name[..Math.Min(name.Length, 7)] },
            < 52 => new("address") { Address = address },
            < 60 => new("network") { Address = $"{octets[0]}.{octets[1]}.{octets[2]}.0/24" },
            < 63 => new("network, wide") { Address = $"{octets[0]}.{octets[1]}.0.0/16" },
            < 70 => new("address, beginning") { Address = $"{octets[0]}.{octets[1]}." },
            < 75 => new("tag, selective") { Tag = state.Tags[2] },
            < 80 => new("tag, broad") { Tag = state.Tags[1] },
            < 82 => new("one or two letters") { Text = Part(name, 1 + (kind % 2)) },
            < 83 => new("nothing found") { Text = "zzqy" + host },
            < 86 => new("part and tag") { Text = Part(name, 4), Tag = state.Tags[1] },
            < 89 => new("site and os") { Site = site, Os = state.Os.Split(' ')[0] },
            < 92 => new("site and part") { Site = site, Text = name[..3] },
            < 95 => new("tag and status") { Tag = state.Tags[2], Status = HostStatus.Offline },
            < 98 => new("network, os and tag") { Address = $"{octets[0]}.{octets[1]}.0.0/16", Os = state.OsFamily, Tag = state.Tags[1] },
            _ => new("site and status") { Site = site, Status = _random.Next(2) == 0 ? HostStatus.Offline : HostStatus.Quarantined },
        };
    }

    private string Part(string name, int length)
    {
        var from = _random.Next(Math.Max(1, name.Length - length));
        return name.Substring(from, Math.Min(length, name.Length - from));
    }
}
