using System.Diagnostics;
using Dapper;
using Google.Protobuf;
using Hanse.Bench.Harness;
using Hanse.Bench.Processes;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Npgsql;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Bench.Outbox;

/// <summary>A site is cut off for a day while its hosts change, then comes back. The line is a relay that is really cut; the day's changes are written into the
/// site's outbox as the site writes them: for each change a fact, and the host's newest row. Counted at the coordinator: lost, doubled, entries a second,
/// and how long other calls took before and during the replay.</summary>
internal sealed class OutboxSuite : IBenchSuite
{
    private const string Operation = "bench.change";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public string Name => "outbox";

    public string Summary => "a site's backlog after a partition; --hosts 10000 --changes 20 --before 15 (seconds of calls before)";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var (hosts, changes) = (options.Get("hosts", 10_000), options.Get("changes", 20));
        using var relay = new TcpRelay();
        await using var federation = await BenchFederation.StartAsync(1, relay);
        var (coordinator, site) = (federation.Coordinator, federation.Sites[0]);
        var before = await CallAsync(coordinator.Api, () => Task.FromResult(false), TimeSpan.FromSeconds(options.Get("before", 15)));

        relay.Cut();
        await site.Process.UntilAsync("it noticed that the line is cut", async () => (await site.Api.GetAsync("status")).GetProperty("link").GetString() == "offline", Deadline);
        var began = Stopwatch.GetTimestamp();
        await WriteAsync(site, hosts, changes);
        table.Note($"{hosts} hosts changed {changes} times each, written in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s; "
            + $"{(await site.Api.GetAsync("status")).GetProperty("queueDepth").GetInt64()} entries wait");

        began = Stopwatch.GetTimestamp();
        relay.Mend();
        await site.Process.UntilAsync("it was linked again", async () => (await site.Api.GetAsync("status")).GetProperty("link").GetString() == "online", Deadline);
        var linked = Stopwatch.GetElapsedTime(began);
        began = Stopwatch.GetTimestamp();
        var during = await CallAsync(coordinator.Api, async () => (await site.Api.GetAsync("status")).GetProperty("queueDepth").GetInt64() == 0, Deadline);
        var took = Stopwatch.GetElapsedTime(began);

        await ReportAsync(table, coordinator, hosts, changes, took);
        table.Info("linked again after", linked.TotalSeconds, "s");
        table.Info("other calls before: p50", before.Percentile(0.5), "ms");
        table.Info("other calls before: p99", before.Percentile(0.99), "ms");
        table.Info("other calls during: p50", during.Percentile(0.5), "ms");
        table.Info("other calls during: p99", during.Percentile(0.99), "ms");
        table.AtMost("p99 during, of that before", during.Percentile(0.99) / before.Percentile(0.99), 2, "×");
    }

    private static async Task ReportAsync(BenchTable table, BenchServer coordinator, int hosts, int changes, TimeSpan took)
    {
        await using var connection = new NpgsqlConnection(coordinator.DatabaseOf("coordinator"));
        await connection.OpenAsync();
        var (all, distinct) = await connection.QuerySingleAsync<(long, long)>(
            "select count(*), count(distinct actor) from audit_entry where operation = @Operation", new { Operation });
        var rows = await connection.QuerySingleAsync<long>("select count(*) from hosts_host where hostname like @last", new { last = $"%-{changes}" });
        var facts = (long)hosts * changes;
        table.AtMost("facts lost", facts - distinct, 0, "");
        table.AtMost("facts doubled", all - distinct, 0, "");
        table.AtMost("hosts not at their newest", hosts - rows, 0, "");
        table.Info("entries replayed", facts + hosts, "");
        table.Info("replay", took.TotalSeconds, "s");
        table.Info("entries", (facts + hosts) / took.TotalSeconds, "/s");
    }

    /// <summary>A day, as the site's slices write it: each change in its transaction's share of the outbox, in order.</summary>
    private static async Task WriteAsync(BenchServer site, int hosts, int changes)
    {
        var ids = Enumerable.Range(0, hosts).Select(_ => HostId.New()).ToArray();
        await using var connection = new NpgsqlConnection(site.DatabaseOf("site"));
        await connection.OpenAsync();
        for (var change = 1; change <= changes; change++)
        {
            var facts = ids.Select(id => new Record { Audit = new AuditRecord { Operation = Operation, Actor = $"{id}/{change}", HostId = id.ToWire(), DetailJson = "{}" } }.ToByteArray());
            var states = ids.Select((id, i) => new HostState
            {
                Hostname = $"host-{i}-{change}", Os = "debian 12.11", OsFamily = "linux", AgentVersion = "1.0.0", Kernel = "6.1.0", Status = HostStatus.Online,
                Addresses = { ByteString.CopyFrom(10, (byte)(i >> 16), (byte)(i >> 8), (byte)i) },
            }.ToByteArray());
            await connection.ExecuteAsync(
                """
                insert into uplink_record (fact, created_at) select fact, @now from unnest(@facts) fact;
                insert into uplink_state as s (class, key, counter, value, deleted, changed_at)
                select 1, key, 1, value, false, @now from unnest(@keys, @states) as e (key, value)
                on conflict (class, key) do update set counter = s.counter + 1, value = excluded.value, changed_at = excluded.changed_at
                """,
                new { facts = facts.ToArray(), states = states.ToArray(), keys = ids.Select(i => i.ToBytes()).ToArray(), now = TimeProvider.System.GetUtcNow() }, commandTimeout: 600);
        }
    }

    /// <summary>What operators and programs do meanwhile, one call after another: reading, searching, and writing with an audit entry.</summary>
    private static async Task<Latencies> CallAsync(SocketApi api, Func<Task<bool>> over, TimeSpan atMost)
    {
        var latencies = new Latencies();
        var (began, looked) = (Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
        for (var i = 0; Stopwatch.GetElapsedTime(began) < atMost; i++)
        {
            var call = Stopwatch.GetTimestamp();
            switch (i % 4)
            {
                case 0: await api.GetAsync("sites"); break;
                case 1: await api.GetAsync("hosts?limit=50&q=host-1"); break;
                case 2: await api.GetAsync("commands?limit=20"); break;
                default: await api.PostAsync("agents/invitations", new { ttl = "1h" }); break;
            }

            latencies.Add(Stopwatch.GetElapsedTime(call), $"{i % 4}");
            if (Stopwatch.GetElapsedTime(looked) > Look)
            {
                looked = Stopwatch.GetTimestamp();
                if (await over())
                {
                    break;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        return latencies;
    }
}
