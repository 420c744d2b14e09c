using Google.Protobuf;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Bench.Directory;

/// <summary>The sites of a fleet, which answer digests from hashes that they made before the time is taken: at 500 sites that work is spread over 500 machines. Each
/// question and answer is written and read as on a link, and what is to be sent again goes the way of every batch.</summary>
internal sealed class DigestSites(Fleet fleet, int sites, NpgsqlDataSource database, DirectoryWriter writer) : ISiteChannel
{
    private readonly Dictionary<SiteId, (HostId Id, ulong Hash)[]> _hosts = [];

    public event Action<SiteId>? CameOnline
    {
        add { }
        remove { }
    }

    public IReadOnlyCollection<SiteId> Connected => [];

    public IReadOnlyCollection<SiteId> Accepting => Connected;

    public int Requests { get; private set; }

    public void Hash()
    {
        for (var site = 0; site < sites; site++)
        {
            var hosts = new (HostId, ulong)[fleet.HostsPerSite];
            Parallel.For(0, hosts.Length, place =>
            {
                var host = (site * fleet.HostsPerSite) + place;
                var id = new HostId(fleet.Id(host));
                hosts[place] = (id, HostDigest.Hash(id, HostContent.Of(fleet.State(host))));
            });
            _hosts[new SiteId(BenchDatabase.SiteId(site))] = hosts;
        }
    }

    public async Task<SiteReply<T>> RequestAsync<T>(SiteId site, Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, IMessage<T>, new()
    {
        Requests++;
        var wire = request.ToByteArray();
        IMessage answer = method switch
        {
            Method.DirectoryDigest => Answer(_hosts[site], DirectoryDigestQuery.Parser.ParseFrom(wire)),
            Method.DirectoryResend => await ResendAsync(site, DirectoryResend.Parser.ParseFrom(wire)),
            _ => throw new InvalidOperationException($"{method}"),
        };
        var read = new T();
        read.MergeFrom(answer.ToByteArray());
        return new SiteReply<T>(read, null);
    }

    private static DirectoryDigest Answer((HostId Id, ulong Hash)[] hosts, DirectoryDigestQuery query)
    {
        var bits = (int)query.Bits;
        var answer = new DirectoryDigest { Hosts = (ulong)hosts.Length };
        if (query.Buckets.Count == 0)
        {
            var sums = new ulong[1 << bits];
            foreach (var (id, hash) in hosts)
            {
                HostDigest.Add(sums, bits, id, hash);
            }

            answer.Sums = HostDigest.ToWire(sums);
        }
        else
        {
            var asked = query.Buckets.Select(b => (int)b).ToHashSet();
            answer.Entries.AddRange(hosts.Where(h => asked.Contains(HostDigest.BucketOf(h.Id, bits)))
                .Select(h => new DirectoryDigestEntry { HostId = h.Id.ToWire(), Hash = h.Hash }));
        }

        return answer;
    }

    private async Task<Empty> ResendAsync(SiteId site, DirectoryResend resend)
    {
        var place = Enumerable.Range(0, sites).Single(s => BenchDatabase.SiteId(s) == site.Value);
        var hosts = _hosts[site];
        await using var connection = await database.OpenConnectionAsync();
        await writer.ApplyAsync(connection, place, [.. resend.Hosts.Select(Entry)]);
        return new Empty();

        StateEntry Entry(DirectoryResendHost sent)
        {
            var number = Array.FindIndex(hosts, h => h.Id.ToWire() == sent.HostId);
            return number < 0
                ? new StateEntry { Class = StateClass.Host, Key = sent.HostId, Counter = sent.Floor + 1, Deleted = true }
                : fleet.Entry((place * fleet.HostsPerSite) + number, sent.Floor + 1, fleet.State((place * fleet.HostsPerSite) + number));
        }
    }
}
