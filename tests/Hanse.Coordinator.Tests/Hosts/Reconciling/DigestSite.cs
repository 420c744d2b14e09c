using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Tests.Hosts.Reconciling;

/// <summary>A site with hosts of its own that answers digests as sites do, and sends again into a real directory.</summary>
internal sealed class DigestSite(DirectoryDatabase directory) : ISiteChannel
{
    public event Action<SiteId>? CameOnline
    {
        add { }
        remove { }
    }

    public Dictionary<int, HostState> Hosts { get; } = [];

    public Dictionary<int, DirectoryStanding> Standings { get; } = [];

    public IReadOnlyCollection<SiteId> Connected { get; set; } = [DirectoryDatabase.SiteOf(DirectoryDatabase.North)];

    public IReadOnlyCollection<SiteId> Accepting => Connected;

    public List<DirectoryDigestQuery> Queries { get; } = [];

    public List<DirectoryResendHost> Resent { get; } = [];

    /// <summary>What a site that lies makes of its answer.</summary>
    public Action<DirectoryDigest, DirectoryDigestQuery>? Lie { get; set; }

    /// <summary>What happens at the directory after the site has answered with hosts.</summary>
    public Func<Task>? Meanwhile { get; set; }

    public SiteFailure? Failure { get; set; }

    public async Task<SiteReply<T>> RequestAsync<T>(SiteId site, Method method, Google.Protobuf.IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        if (Failure is not null)
        {
            return new(null, Failure);
        }

        switch (request)
        {
            case DirectoryDigestQuery query:
                Queries.Add(query);
                var answer = Answer(query);
                Lie?.Invoke(answer, query);
                if (query.Buckets.Count > 0 && Meanwhile is not null)
                {
                    await Meanwhile();
                }

                return new((T)(object)answer, null);
            case DirectoryResend resend:
                Resent.AddRange(resend.Hosts);
                await directory.ApplyAsync(DirectoryDatabase.North, [.. resend.Hosts.Select(Entry)]);
                return new((T)(object)new Empty(), null);
            default:
                throw new InvalidOperationException($"{method}");
        }
    }

    private StateEntry Entry(DirectoryResendHost host)
    {
        var entry = new StateEntry { Class = StateClass.Host, Key = host.HostId, Counter = host.Floor + 1 };
        if (Hosts.Where(h => DirectoryDatabase.Host(h.Key).ToWire() == host.HostId).Select(h => h.Value).SingleOrDefault() is { } state)
        {
            entry.Host = state;
        }
        else
        {
            entry.Deleted = true;
        }

        return entry;
    }

    private DirectoryDigest Answer(DirectoryDigestQuery query)
    {
        var bits = (int)query.Bits;
        var sums = new ulong[query.Buckets.Count == 0 ? 1 << bits : 0];
        var answer = new DirectoryDigest { Hosts = (ulong)Hosts.Count };
        foreach (var (number, state) in Hosts)
        {
            var id = DirectoryDatabase.Host(number);
            var hash = HostDigest.Hash(id, HostContent.Of(state));
            if (query.Buckets.Count == 0)
            {
                HostDigest.Add(sums, bits, id, hash);
            }
            else if (query.Buckets.Contains((uint)HostDigest.BucketOf(id, bits)))
            {
                answer.Entries.Add(new DirectoryDigestEntry { HostId = id.ToWire(), Hash = hash, Standing = Standings.GetValueOrDefault(number) });
            }
        }

        answer.Entries.AddRange(Standings.Where(s => s.Value == DirectoryStanding.Leaving && query.Buckets.Contains((uint)HostDigest.BucketOf(DirectoryDatabase.Host(s.Key), bits)))
            .Select(s => new DirectoryDigestEntry { HostId = DirectoryDatabase.Host(s.Key).ToWire(), Standing = s.Value }));
        answer.Sums = HostDigest.ToWire(sums);
        return answer;
    }
}
