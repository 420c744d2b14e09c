using System.Security.Cryptography;
using Hanse.Audit;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Site.Api;
using Hanse.Site.Enrollment.Api;
using Hanse.Storage.Backups;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Hanse.Site.Backup;

/// <summary>Backups of the running site, at its socket.</summary>
internal static class BackupEndpoints
{
    private const int ShortestPassphrase = 12;

    public static void Map(IEndpointRouteBuilder api) => api.MapPost("/backups", CreateAsync);

    private static async Task<IResult> CreateAsync(
        BackupRequest request, SiteBackup role, ISiteIdentity identity, NpgsqlDataSource database, IAuditLog audit, TimeProvider time, HttpContext context)
    {
        if (request.Passphrase is not { Length: >= ShortestPassphrase } passphrase)
        {
            return SiteEndpoints.Problem(
                400, ErrorCodes.RequestInvalid, $"A passphrase has at least {ShortestPassphrase} characters: it guards the site's key.", "passphrase");
        }

        if (identity.Self is not { } self)
        {
            return SiteEndpoints.Problem(409, ErrorCodes.NotJoined, "This site belongs to no federation yet, so there is nothing to back up.");
        }

        var id = IdText.Format(new Guid(RandomNumberGenerator.GetBytes(16)));
        await using (var connection = await database.OpenConnectionAsync(context.RequestAborted))
        await using (var transaction = await connection.BeginTransactionAsync(context.RequestAborted))
        {
            var entry = new AuditEvent("backup.create", new AuditActor(context.User.Identity!.Name!)) { Detail = new Dictionary<string, string> { ["backup"] = id } };
            await audit.AppendAsync(connection, transaction, entry, context.RequestAborted);
            await transaction.CommitAsync(context.RequestAborted);
        }

        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var header = new BackupHeader(
            id, role.Role, self.Identity.ToString(), $"site {self.Name}", now, request.KeysOnly, [], BackupHeader.DefaultIterations, []);
        return Results.Stream(
            async stream =>
            {
                await using var sealer = await BackupSealer.BeginAsync(stream, header, passphrase, context.RequestAborted);
                await new BackupWriter(database, role.Migrations, role.Version).WriteAsync(
                    sealer, table => request.KeysOnly ? role.IsKeys(table) : !role.IsHistory(table), role.Files, _ => Task.CompletedTask, context.RequestAborted);
                await sealer.FinishAsync(context.RequestAborted);
            },
            "application/octet-stream");
    }

    private sealed record BackupRequest(string? Passphrase, bool KeysOnly = false);
}
