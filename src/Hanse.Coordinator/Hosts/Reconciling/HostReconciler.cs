using System.Data;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>
/// Compares the directory's rows of one site with what the site has, and has the site send again what differs: nothing is written here, so mending goes the way of
/// every change (U2). Steps: 1 hash our rows, 2 compare sums, 3 ask for the hosts of the buckets that differ, 4 look at our versions again, 5 judge, 6 have it sent.
/// What the site has confirmed to be ours before step 3 was ours then; so a difference is real only where our row did not change between steps 1 and 4.
/// </summary>
internal sealed class HostReconciler(NpgsqlDataSource database, ISiteChannel channel, ReconciliationStore store, ReconcileMetrics metrics, TimeProvider time)
{
    /// <summary>Never throws for what the site does: how it ended is in the result. That is kept, unless the site was away: then its turn is still to come.</summary>
    public async Task<Reconciliation> RunAsync(SiteRow site, CancellationToken cancellation)
    {
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        var digest = new SiteDigest(channel, site.SiteId);
        Reconciliation result;
        try
        {
            result = await CompareAsync(site, digest, cancellation);
        }
        catch (ReconcileException failed)
        {
            result = new Reconciliation { ErrorCode = failed.Code, Error = failed.Message };
        }

        result = result with { At = at, TookMs = (long)time.GetElapsedTime(started).TotalMilliseconds, Bytes = digest.Bytes };
        metrics.Count(result);
        if (result.ErrorCode is not (ErrorCodes.SiteOffline or ErrorCodes.SiteSuspended))
        {
            await store.KeepAsync(site, result, cancellation);
        }

        return result;
    }

    private async Task<Reconciliation> CompareAsync(SiteRow site, SiteDigest digest, CancellationToken cancellation)
    {
        // 1
        var ours = await ReadAsync(site, cancellation);

        // 2: as many buckets as the larger side needs.
        var bits = HostDigest.BitsFor(Math.Max(ours.Count, site.HostCount));
        var theirs = await digest.SumsAsync(bits, cancellation);
        if (HostDigest.BitsFor((long)Math.Min(theirs.Hosts, long.MaxValue)) is var needed && needed > bits)
        {
            bits = needed;
            theirs = await digest.SumsAsync(bits, cancellation);
        }

        var sums = new ulong[1 << bits];
        foreach (var (id, row) in ours)
        {
            HostDigest.Add(sums, bits, id, row.Hash);
        }

        var different = HostDigest.Compare(sums, theirs.Sums)!;
        var result = new Reconciliation { Hosts = (long)theirs.Hosts, Buckets = sums.Length, BucketsDifferent = different.Count };
        if (different.Count == 0)
        {
            return result;
        }

        // 3
        var held = await digest.HostsAsync(bits, different, result.Hosts, cancellation);
        var inQuestion = different.ToHashSet();
        var suspects = held.Where(h => ours.TryGetValue(h.Key, out var row) ? row.Hash != h.Value.Hash : h.Value.Standing != DirectoryStanding.Leaving).Select(h => h.Key)
            .Concat(ours.Keys.Where(id => !held.ContainsKey(id) && inQuestion.Contains(HostDigest.BucketOf(id, bits)))).ToList();

        // 4
        await using (var connection = await database.OpenConnectionAsync(cancellation))
        {
            var versions = await DigestReadStore.VersionsAsync(connection, suspects, cancellation);

            // 5
            var judged = suspects.ToLookup(id => Judge(site.Key, id, ours, held, versions));
            result = result with
            {
                Missing = judged[Verdict.Missing].Count(), Differing = judged[Verdict.Differing].Count(), Ghosts = judged[Verdict.Ghost].Count(),
                Waiting = judged[Verdict.Waiting].Count(), Refused = judged[Verdict.Refused].Count(), Elsewhere = judged[Verdict.Elsewhere].Count(),
            };
            suspects = [.. judged[Verdict.Missing], .. judged[Verdict.Differing], .. judged[Verdict.Ghost]];
            suspects.Sort((a, b) => a.Value.CompareTo(b.Value));

            // 6
            await digest.ResendAsync(suspects.Select(id => (id, versions.TryGetValue(id, out var version) ? version.Counter : 0)), cancellation);
        }

        return result;
    }

    /// <summary>In one snapshot: no row names a text that is not there yet.</summary>
    private async Task<Dictionary<HostId, DigestRow>> ReadAsync(SiteRow site, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        return await DigestReadStore.ReadAsync(connection, site.Key, await DigestReadStore.TextsAsync(connection, cancellation), cancellation);
    }

    private static Verdict Judge(
        int site, HostId id, Dictionary<HostId, DigestRow> before, IReadOnlyDictionary<HostId, DirectoryDigestEntry> held, Dictionary<HostId, DigestVersion> now)
    {
        var had = before.TryGetValue(id, out var row);
        var known = now.TryGetValue(id, out var version);
        var has = known && !version.Deleted;
        if (known && version.Site != site)
        {
            return Verdict.Elsewhere;
        }

        if (had != has || (had && (row.Counter != version.Counter || row.Epoch != version.Epoch)))
        {
            return Verdict.Waiting;
        }

        return held.TryGetValue(id, out var entry) ? entry.Standing switch
        {
            DirectoryStanding.Waiting or DirectoryStanding.Leaving => Verdict.Waiting,
            DirectoryStanding.Refused => Verdict.Refused,
            _ => had ? Verdict.Differing : Verdict.Missing,
        }
        : Verdict.Ghost;
    }

    private enum Verdict
    {
        Missing,
        Differing,
        Ghost,
        Waiting,
        Refused,
        Elsewhere,
    }
}
