using System.Diagnostics;
using Google.Protobuf;
using Hanse.Audit;
using Hanse.Coordinator.Hosts;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Bench.Directory;

/// <summary>Sends batches as a site's link does: one transaction a batch, at most a thousand entries, two sites at a time. Making the
/// entries is not part of the time; giving them to the store is.</summary>
internal sealed class DirectoryWriter(NpgsqlDataSource database, Fleet fleet, int seed)
{
    private const int BatchSize = 1_000;
    private const int Sites = 2;

    private readonly HostDirectoryStore _store = new(new AuditLog(TimeProvider.System), TimeProvider.System);
    private ulong _counter;

    public Task<double> LoadAsync(int sites) => ApplyAsync(Enumerable.Range(0, sites).Select(site => (site, Hosts(site), Life: 0, Status: false)), Entry);

    /// <summary>Changes the status of one in <paramref name="share"/> hosts of a site, for so many sites drawn at random.</summary>
    public Task<double> StatusAsync(int batches, int sites, int share)
    {
        var random = new Random(seed);
        return ApplyAsync(Enumerable.Range(0, batches).Select(_ => Pick(random, sites, share)).Select(p => (p.Site, p.Hosts, Life: random.Next(2), Status: true)), Entry);
    }

    /// <summary>Gives every tenth host another name, address and tags.</summary>
    public Task<double> ChangeAsync(int sites)
    {
        return ApplyAsync(Enumerable.Range(0, sites).Select(site => (site, Hosts(site).Where(h => h % 10 == 3), Life: 1, Status: false)), Entry);
    }

    /// <summary>Deletes every tenth host and adds it again, which is what a reinstalled host costs.</summary>
    public async Task<double> ReplaceAsync(int sites)
    {
        IEnumerable<(int, IEnumerable<int>, int, bool)> Every(int life) =>
            Enumerable.Range(0, sites).Select(site => (site, Hosts(site).Where(h => h % 10 == 7), life, false));
        var deleted = await ApplyAsync(Every(0), (host, _, _) => new StateEntry
        {
            Class = StateClass.Host, Key = ByteString.CopyFrom(fleet.Id(host).ToByteArray(bigEndian: true)), Counter = ++_counter, Deleted = true,
        });
        var added = await ApplyAsync(Every(2), Entry);
        return 2 / ((1 / deleted) + (1 / added));
    }

    private IEnumerable<int> Hosts(int site) => Enumerable.Range(site * fleet.HostsPerSite, fleet.HostsPerSite);

    private (int Site, IEnumerable<int> Hosts) Pick(Random random, int sites, int share)
    {
        var site = random.Next(sites);
        return (site, [.. Hosts(site).Where(_ => random.Next(share) == 0)]);
    }

    private StateEntry Entry(int host, int life, bool status)
    {
        var state = fleet.State(host, status ? 0 : life);
        if (status)
        {
            state.Status = life == 0 ? HostStatus.Offline : HostStatus.Online;
            state.LastSeenUnixMs += (long)_counter;
        }

        return fleet.Entry(host, ++_counter, state);
    }

    /// <returns>Entries a second.</returns>
    private async Task<double> ApplyAsync(IEnumerable<(int Site, IEnumerable<int> Hosts, int Life, bool Status)> work, Func<int, int, bool, StateEntry> entry)
    {
        var rows = 0;
        var spent = TimeSpan.Zero;
        foreach (var round in work.Chunk(Sites * 10))
        {
            var prepared = round.Select(one => (one.Site, Batches: one.Hosts.Select(h => entry(h, one.Life, one.Status)).Chunk(BatchSize).ToList())).ToList();
            var queue = new Queue<(int Site, List<StateEntry[]> Batches)>(prepared);
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Sites).Select(_ => SendAsync(queue)));
            spent += Stopwatch.GetElapsedTime(started);
            rows += prepared.Sum(p => p.Batches.Sum(b => b.Length));
        }

        return rows / spent.TotalSeconds;
    }

    private async Task SendAsync(Queue<(int Site, List<StateEntry[]> Batches)> queue)
    {
        await using var connection = await database.OpenConnectionAsync();
        while (true)
        {
            (int Site, List<StateEntry[]> Batches) next;
            lock (queue)
            {
                if (!queue.TryDequeue(out next))
                {
                    return;
                }
            }

            foreach (var batch in next.Batches)
            {
                await ApplyAsync(connection, next.Site, batch);
            }
        }
    }

    /// <summary>One batch of a site.</summary>
    public async Task ApplyAsync(NpgsqlConnection connection, int site, IReadOnlyList<StateEntry> batch)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var refusals = await _store.ApplyAsync(connection, transaction, site + 1, 1, batch, CancellationToken.None);
        await transaction.CommitAsync();
        if (refusals.Count > 0)
        {
            throw new InvalidOperationException($"Refused: {refusals[0].Message}");
        }
    }
}
