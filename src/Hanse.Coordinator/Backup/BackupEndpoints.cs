using Hanse.Audit;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Storage.Backups;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Hanse.Coordinator.Backup;

/// <summary>Backups of the running coordinator, through its socket only: a backup holds the federation's root key, under a passphrase that the caller chooses.</summary>
internal static class BackupEndpoints
{
    public static void MapBackup(this RouteGroupBuilder api)
    {
        api.MapPost("/backups", CreateAsync).WithTags("Backups").WithName("CreateBackup")
            .WithSummary("A sealed backup of database and keys, as one stream; through the Unix socket only").RequireAuthorization(AccessPolicies.Local);
        api.MapGet("/backups", ListAsync).WithTags("Backups").WithName("ListBackups").WithSummary("Backups that were made, newest first")
            .RequireAuthorization(AccessPolicies.Viewer);
        api.MapPost("/backups/{id}/verified", VerifiedAsync).WithTags("Backups").WithName("ReportVerifiedBackup")
            .WithSummary("A backup was restored on trial and found sound: sites need no longer keep what it covers").RequireAuthorization(AccessPolicies.Administrator);
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> CreateAsync(
        BackupRequest request, ActorContext actor, CoordinatorBackup role, NpgsqlDataSource database, IFederation federation, IAuditLog audit, BackupStore store,
        TimeProvider time, CancellationToken cancellation)
    {
        if (request.Passphrase.Length < BackupRequest.ShortestPassphrase)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "passphrase", $"A passphrase has at least {BackupRequest.ShortestPassphrase} characters: it guards the federation's root key.");
        }

        var id = new Guid(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        await using (var connection = await database.OpenConnectionAsync(cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(cancellation))
        {
            var detail = new Dictionary<string, string> { ["backup"] = IdText.Format(id), ["keysOnly"] = request.KeysOnly ? "true" : "false" };
            await audit.AppendAsync(connection, transaction, new AuditEvent("backup.create", actor.ForAudit()) { Detail = detail }, cancellation);
            await transaction.CommitAsync(cancellation);
        }

        var header = new BackupHeader(
            IdText.Format(id), role.Role, NodeIdentity.ForCoordinator(federation.Id).ToString(), "the coordinator", now, request.KeysOnly, [], BackupHeader.DefaultIterations, []);
        return TypedResults.Stream(
            async stream =>
            {
                IReadOnlyList<BackupMark> marks = [];
                await using var sealer = await BackupSealer.BeginAsync(stream, header, request.Passphrase, cancellation);
                await new BackupWriter(database, role.Migrations, role.Version).WriteAsync(
                    sealer, table => !request.KeysOnly || role.IsKeys(table), role.Files,
                    async snapshot => marks = request.KeysOnly ? [] : await BackupStore.MarksAsync(snapshot, cancellation), cancellation);
                var digest = await sealer.FinishAsync(cancellation);
                await store.AddAsync(id, now, actor.Account, request.KeysOnly, digest, marks, cancellation);
            },
            "application/octet-stream");
    }

    private static async Task<Ok<Page<BackupView>>> ListAsync(BackupStore store, CancellationToken cancellation) =>
        TypedResults.Ok(new Page<BackupView>(await store.ListAsync(cancellation), null));

    private static async Task<Results<NoContent, ProblemHttpResult>> VerifiedAsync(
        string id, BackupVerifiedRequest request, BackupStore store, TimeProvider time, CancellationToken cancellation) =>
        Guid.TryParseExact(id, "n", out var backup) && request.Digest.Length == 64 && request.Digest.All(char.IsAsciiHexDigit)
            && await store.VerifiedAsync(backup, Convert.FromHexString(request.Digest), time.GetUtcNow(), cancellation)
            ? TypedResults.NoContent()
            : Problems.NotFound(ErrorCodes.BackupNotFound, "This coordinator has made no backup of this id and digest.");
}

/// <summary>How to seal the backup.</summary>
internal sealed record BackupRequest(string Passphrase = "", bool KeysOnly = false)
{
    public const int ShortestPassphrase = 12;
}

/// <summary>SHA-256 of the file that was verified, hexadecimal.</summary>
internal sealed record BackupVerifiedRequest(string Digest = "");
