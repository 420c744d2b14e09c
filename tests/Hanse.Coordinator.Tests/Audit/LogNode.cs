using Dapper;
using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Exports;
using Hanse.Audit.Proofs;
using Hanse.Audit.Witnessing;
using Hanse.Protocol.Audit;
using Hanse.Protocol.Ids;
using Hanse.TestKit;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Npgsql;

namespace Hanse.Coordinator.Tests.Audit;

/// <summary>A node with an audit log in a database of its own, which cosigns others' and can be tampered with as its owner could.</summary>
internal sealed class LogNode : IAuditIdentity, IAuditAlarm, IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly TestPki _pki;

    private LogNode(TestDatabase database, TestPki pki, NodeCredential credential, TimeProvider clock)
    {
        (_database, _pki, Credential) = (database, pki, credential);
        Log = new AuditLog(clock);
        Entries = new AuditStore(database.DataSource);
        Checkpoints = new CheckpointStore(database.DataSource);
        Witnesses = new WitnessStore(database.DataSource);
        Prover = new AuditProver(database.DataSource);
        Signer = new CheckpointSigner(Checkpoints, this, clock);
        Witness = new AuditWitness(database.DataSource, Checkpoints, this, Log, this, clock);
        Presenter = new AuditPresenter(Signer, Checkpoints, Prover, Entries, Witnesses, this, clock);
        Proofs = new AuditProofs(Entries, Signer, Checkpoints, Prover);
        Export = new AuditExport(database.DataSource, Signer, Checkpoints, Entries, Prover);
        Recovery = new LogRecovery(database.DataSource, Checkpoints, Entries, Prover, Log);
        Check = new AuditCheck(new AuditVerifier(database.DataSource), new AuditStandings(Checkpoints, Witnesses), Checkpoints, this);
    }

    public NodeCredential Credential { get; }

    public NodeIdentity Identity => Credential.Identity;

    public TrustAnchors Trust => _pki.Anchors;

    public AuditLog Log { get; }
    public AuditStore Entries { get; }
    public CheckpointStore Checkpoints { get; }
    public WitnessStore Witnesses { get; }
    public AuditProver Prover { get; }
    public CheckpointSigner Signer { get; }
    public AuditWitness Witness { get; }
    public AuditPresenter Presenter { get; }
    public AuditProofs Proofs { get; }
    public AuditExport Export { get; }
    public AuditCheck Check { get; }
    public LogRecovery Recovery { get; }

    /// <summary>What <see cref="IAuditAlarm"/> was told.</summary>
    public List<string> Alarms { get; } = [];

    public static async Task<LogNode> CreateAsync(TestPki pki, NodeCredential credential) =>
        new(await TestDatabase.CreateAsync(CoordinatorModule.Migrations), pki, credential, pki.Time);

    public async Task AppendAsync(int count, Func<int, AuditEvent>? entry = null)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Log.AppendAsync(
            connection, transaction, [.. Enumerable.Range(0, count).Select(entry ?? (i => new AuditEvent("host.ban", new("ada")) { Hosts = [HostId.New()] }))], default);
        await transaction.CommitAsync();
    }

    public async Task BeginAsync(AuditEvent first)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Log.BeginAsync(connection, transaction, first, default);
        await transaction.CommitAsync();
    }

    /// <summary>Has the other cosign this log as it is now; what it says against it.</summary>
    public Task<string?> ShowAsync(LogNode witness)
    {
        Presenter.Forget(witness.Identity);
        return Presenter.PresentAsync(witness.Identity, async (question, stop) => await witness.Witness.CosignAsync(Identity, question, stop), default);
    }

    /// <summary>The newest checkpoint that this node holds of the other's log.</summary>
    public async Task<Checkpoint> HeldOfAsync(LogNode owner)
    {
        Assert.True(SignedCheckpoint.TryParse((await Witnesses.HeldAsync(owner.Identity.ToString(), default))!.Note, out var signed));
        return signed.Checkpoint;
    }

    /// <summary>As the owner of the database would: changes it, then makes every hash, subtree and count fit again, and forgets every checkpoint.</summary>
    public async Task ForgeAsync(string change)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        Assert.NotEqual(0, await connection.ExecuteAsync(change));
        await connection.ExecuteAsync(@"update audit_entry set leaf_hash = sha256('\x00'::bytea || bytes); truncate audit_node, audit_checkpoint, audit_cosignature; delete from audit_target t where not exists (select from audit_entry e where e.log = t.log and e.seq = t.seq)");
        var leaves = await connection.QueryAsync<byte[]>("select leaf_hash from audit_entry where log = (select max(ordinal) from audit_log) order by seq");
        var frontier = MerkleFrontier.Of(leaves);
        await connection.ExecuteAsync(
            "update audit_log set entry_count = @count, frontier = @frontier where ordinal = (select max(ordinal) from audit_log)",
            new { count = (long)frontier.Count, frontier = frontier.ToBytes() });
    }

    public async Task ExecuteAsync(string change)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        Assert.NotEqual(0, await connection.ExecuteAsync(change));
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql)
    {
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        return (await connection.QueryAsync<T>(sql)).AsList();
    }

    public Task<AuditCheckView> CheckAsync() => Check.RunAsync(identity => identity, default);

    public Task TellAsync(NpgsqlTransaction transaction, NodeIdentity owner, string operation, string why, CancellationToken cancellation)
    {
        Alarms.Add($"{operation}: {why}");
        return Task.CompletedTask;
    }

    public void Told()
    {
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
