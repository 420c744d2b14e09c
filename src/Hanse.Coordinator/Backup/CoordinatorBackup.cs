using System.Text;
using Dapper;
using Hanse.Authority.Sealing;
using Hanse.Protocol.Ids;
using Hanse.Storage;
using Hanse.Storage.Backups;
using Hanse.Storage.Migrations;
using Npgsql;

namespace Hanse.Coordinator.Backup;

/// <summary>A coordinator's backups. Its keys are the federation (root and customer key, sealed) and the key file that opens them; of everything else sites hold a
/// good part. Restored, it begins a new incarnation and recovers before it accepts work (U5).</summary>
internal sealed class CoordinatorBackup(CoordinatorOptions options, TimeProvider time) : IBackupRole
{
    private const string KeyFile = "federation.key";
    private static readonly string[] Keys = ["enrollment_federation", "enrollment_root", "enrollment_intermediate", "enrollment_removed_site", "enrollment_removed_gateway", "enrollment_ban", "enrollment_revocation"];

    public string Role => DatabaseRoles.Coordinator;

    public string Version => CoordinatorModule.Version;

    public MigrationSet Migrations => CoordinatorModule.Migrations;

    public IReadOnlyList<(string Name, string Path)> Files =>
        [(KeyFile, options.KeyFile), ("issuer.pem", Path.Combine(options.DataFolder, "issuer.pem")), ("server.pem", Path.Combine(options.DataFolder, "server.pem"))];

    public bool IsKeys(string table) => Keys.Contains(table);

    public async Task<(string Node, string Name)?> NodeAsync(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        var there = await transaction.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select to_regclass('enrollment_federation') is not null", transaction: transaction, cancellationToken: cancellation));
        return there && await transaction.Connection!.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition(
            "select federation_id from enrollment_federation", transaction: transaction, cancellationToken: cancellation)) is { } id
            ? (NodeIdentity.ForCoordinator(new FederationId(id)).ToString(), "the coordinator")
            : null;
    }

    public async Task<string?> FaultAsync(NpgsqlTransaction transaction, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellation)
    {
        if (!files.TryGetValue(KeyFile, out var file))
        {
            return "it has no key file.";
        }

        var row = await transaction.Connection!.QuerySingleOrDefaultAsync<(Guid Federation, byte[] Certificate, byte[] SealedKey)?>(new CommandDefinition(
            "select f.federation_id, r.certificate, r.sealed_key from enrollment_federation f join enrollment_root r on r.position = 0",
            transaction: transaction, cancellationToken: cancellation));
        return row is not var (federation, certificate, sealedKey) ? "it has no root."
            : RootSeal.Unseal(new(new FederationId(federation), certificate, sealedKey), SealingKey.Parse(Encoding.ASCII.GetString(file)), options.Lifetimes) is UnsealOutcome.Unsealed ? null
            : "its key file does not open its root key.";
    }

    public Task ReviveAsync(NpgsqlTransaction transaction, BackupHeader header, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            update enrollment_federation set incarnation = @incarnation, incarnation_number = incarnation_number + 1;
            delete from recovery_site; delete from recovery_state;
            insert into recovery_state (restored_at, backup_created_at, keys_only) values (@now, @CreatedAt, @KeysOnly);
            -- A site may have taken them in the life that was lost: only it can say that they never started (D2).
            update commands_execution set offered = true where state = 1;
            """,
            new { incarnation = FederationId.New().Value, now = time.GetUtcNow(), header.CreatedAt, header.KeysOnly }, transaction, cancellationToken: cancellation));
}
