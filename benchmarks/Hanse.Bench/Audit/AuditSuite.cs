using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Exports;
using Hanse.Audit.Proofs;
using Hanse.Bench.Directory;
using Hanse.Bench.Harness;
using Hanse.Protocol.Ids;
using Hanse.TestKit;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Bench.Audit;

/// <summary>The audit log on a PostgreSQL that keeps what it acknowledged. Steps: 1 appends, one a transaction and many; 2 fill up to the number of entries;
/// 3 verify all of it; 4 proofs, made and judged; 5 an export, checked with the root certificate alone.</summary>
internal sealed class AuditSuite : IBenchSuite
{
    private const int Batch = 1_000;
    private const int Writers = 8;

    public string Name => "audit";

    public string Summary => "the audit log: appends, verification, proofs, export; --entries 1000000, --appends 4000";

    public async Task RunAsync(BenchOptions options, BenchTable table, CancellationToken cancellation)
    {
        var (entries, appends) = (options.Get("entries", 1_000_000), options.Get("appends", 4_000));
        await using var database = await BenchDatabase.StartAsync();
        var log = new AuditLog(TimeProvider.System);
        var identity = new BenchIdentity();

        // 1
        table.Info($"appends, each a transaction, {Writers} at once", appends / await TimeAsync(() => Parallel.ForEachAsync(
            Enumerable.Range(0, appends), new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = cancellation },
            async (_, stop) => await AppendAsync(database, log, 1, stop))), "/s");

        // 2
        var rest = entries - appends;
        table.Info($"appends, {Batch} a transaction", rest / await TimeAsync(async () =>
        {
            for (var done = 0; done < rest; done += Batch)
            {
                await AppendAsync(database, log, Math.Min(Batch, rest - done), cancellation);
            }
        }), "/s");

        // 3
        var checkpoints = new CheckpointStore(database.Source);
        var signer = new CheckpointSigner(checkpoints, identity, TimeProvider.System);
        await signer.SignAsync(cancellation);
        AuditVerification? found = null;
        var seconds = await TimeAsync(async () => found = await new AuditVerifier(database.Source).VerifyAsync(cancellation));
        table.Info($"verification of {entries:#,0} entries{(found!.Ok ? "" : " FAILED: " + found.Why)}", seconds, "s");

        // 4
        var store = new AuditStore(database.Source);
        var prover = new AuditProver(database.Source);
        var proofs = new AuditProofs(store, signer, checkpoints, prover);
        var made = new List<AuditProof>();
        var random = new Random(1);
        table.Info("a proof of one entry, made", 1000 * await TimeAsync(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                made.Add((await proofs.ProveAsync(random.Next(1, entries + 1), cancellation))!);
            }
        }) / 100, "ms");
        var size = made.Average(p => JsonSerializer.SerializeToUtf8Bytes(p).Length);
        var path = made.Average(p => p.Path.Count);
        var judged = Stopwatch.StartNew();
        var sound = made.Count(p => p.Judge([.. identity.Trust.Roots]).Ok);
        table.Info($"– judged ({sound} of 100 hold)", judged.Elapsed.TotalMilliseconds / 100, "ms");
        table.Info($"– size of the file, with {path:0.#} hashes and one signer's certificates", size, "B");
        table.Info("a consistency proof from half of the log, made", 1000 * await TimeAsync(() => prover.ConsistencyAsync(1, (entries / 2) + 7, entries, cancellation)), "ms");

        // 5
        var file = Path.GetTempFileName();
        await using (var stream = File.Create(file))
        {
            table.Info("an export of all", await TimeAsync(() => new AuditExport(database.Source, signer, checkpoints, store, prover).WriteAsync(null, stream, cancellation)), "s");
        }

        table.Info("– size", new FileInfo(file).Length / 1024d / 1024d, "MiB");
        using (var lines = new StreamReader(file))
        {
            ExportVerdict? verdict = null;
            seconds = await TimeAsync(async () => verdict = await new AuditExportVerifier([.. identity.Trust.Roots]).VerifyAsync(lines, cancellation));
            table.Info($"– checked offline{(verdict!.Ok ? "" : " FAILED: " + verdict.Why)}", seconds, "s");
        }

        File.Delete(file);
    }

    private static async Task AppendAsync(BenchDatabase database, AuditLog log, int count, CancellationToken cancellation)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await log.AppendAsync(connection, transaction, [.. Enumerable.Range(0, count).Select(_ => Entry())], cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>As large as the entry of an outcome.</summary>
    private static AuditEvent Entry() => new("execution.outcome", new AuditActor("site:" + SiteId.New()))
    {
        Site = SiteId.New(), Hosts = [HostId.New()], Command = CommandId.New(), Outcome = "succeeded",
        Detail = new Dictionary<string, string> { ["exitCode"] = "0", ["stdout"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) },
    };

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>A coordinator of a federation made for this run.</summary>
    private sealed class BenchIdentity : IAuditIdentity
    {
        private readonly TestPki _pki = new(TimeProvider.System);

        public NodeCredential? Credential => _pki.Coordinator;

        public TrustAnchors Trust => _pki.Anchors;
    }
}
