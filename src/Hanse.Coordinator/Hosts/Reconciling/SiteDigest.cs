using Google.Protobuf;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>One site's side of a comparison. Each answer is checked before it is used: a site that answers nonsense gets an error and no change.</summary>
internal sealed class SiteDigest(ISiteChannel channel, SiteId site)
{
    /// <summary>Hosts that are asked for at a time. Ids are random: no honest site has <see cref="HostDigest.MaxHosts"/> where this many are to be expected.</summary>
    private const int HostsPerAnswer = 8_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Of questions and answers.</summary>
    public long Bytes { get; private set; }

    public async Task<DirectoryDigest> SumsAsync(int bits, CancellationToken cancellation)
    {
        var digest = await AskAsync<DirectoryDigest>(Method.DirectoryDigest, new DirectoryDigestQuery { Bits = (uint)bits }, cancellation);
        return digest.Sums.Length == HostDigest.SumBytes << bits
            ? digest
            : throw Nonsense($"{digest.Sums.Length} bytes of sums for {1 << bits} buckets");
    }

    /// <summary>The site's hosts in these buckets.</summary>
    public async Task<IReadOnlyDictionary<HostId, DirectoryDigestEntry>> HostsAsync(
        int bits, IReadOnlyList<int> buckets, long hosts, CancellationToken cancellation)
    {
        var found = new Dictionary<HostId, DirectoryDigestEntry>();
        var share = Math.Max(1, (hosts >> bits) + 1);
        foreach (var some in buckets.Chunk((int)Math.Clamp(HostsPerAnswer / share, 1, HostsPerAnswer)))
        {
            var query = new DirectoryDigestQuery { Bits = (uint)bits, Buckets = { some.Select(b => (uint)b) } };
            var answer = await AskAsync<DirectoryDigest>(Method.DirectoryDigest, query, cancellation);
            if (answer.Entries.Count > HostDigest.MaxHosts)
            {
                throw Nonsense($"{answer.Entries.Count} hosts in {some.Length} of {1 << bits} buckets");
            }

            var asked = some.ToHashSet();
            foreach (var entry in answer.Entries)
            {
                if (entry.HostId.Length != 16 || !Enum.IsDefined(entry.Standing))
                {
                    throw Nonsense("an entry that is none");
                }

                var id = HostId.FromBytes(entry.HostId.Span);
                if (!asked.Contains(HostDigest.BucketOf(id, bits)) || !found.TryAdd(id, entry))
                {
                    throw Nonsense($"host {id} in a bucket that is not its own, or twice");
                }
            }
        }

        return found;
    }

    /// <summary>The site has durably taken on to send these again.</summary>
    public async Task ResendAsync(IEnumerable<(HostId Host, long Floor)> hosts, CancellationToken cancellation)
    {
        foreach (var some in hosts.Chunk(HostDigest.MaxHosts))
        {
            var request = new DirectoryResend();
            request.Hosts.AddRange(some.Select(h => new DirectoryResendHost { HostId = h.Host.ToWire(), Floor = (ulong)h.Floor }));
            await AskAsync<Empty>(Method.DirectoryResend, request, cancellation);
        }
    }

    private async Task<T> AskAsync<T>(Method method, IMessage request, CancellationToken cancellation) where T : class, IMessage<T>, new()
    {
        Bytes += request.CalculateSize();
        var reply = await channel.RequestAsync<T>(site, method, request, Patience, cancellation);
        if (reply.Failure is { } failure)
        {
            throw new ReconcileException(failure.Code, failure.Code == ErrorCodes.UnknownMethod
                ? "The site's version cannot be compared with the directory. Upgrade it."
                : failure.Message);
        }

        Bytes += reply.Value!.CalculateSize();
        return reply.Value;
    }

    private static ReconcileException Nonsense(string what) =>
        new(ErrorCodes.UnexpectedAnswer, $"The site's answer makes no sense: {what}. Nothing was changed.");
}
